// Stands in for a program that is no gateway and does not end.
process.stdout.write("hello\n");
process.stdin.resume();
setInterval(() => undefined, 1_000);
