// Imported before anything else, so that an older Node says what it lacks instead of failing on what it does not know.
if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(`Mandate needs Node 24 or later; this is ${process.version}. Install it: https://nodejs.org\n`);
  process.exit(1);
}
