// Stands in for a gateway: refuses to start, and says which variables it was given.
const names = Object.keys(process.env).sort();
process.stdout.write(`${JSON.stringify({ error: { code: "SEEN", message: "seen", details: { names } } })}\n`);
process.stdin.resume();
