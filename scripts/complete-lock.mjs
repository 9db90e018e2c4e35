// Adds to package-lock.json the optional platform packages that a registry could not name, so that
// `npm ci` works on every platform. Run it after every change of the lock.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const OS = ["darwin", "linux", "win32", "android", "freebsd", "openharmony"];
const CPU = {
  amd64: "x64",
  x64: "x64",
  arm64: "arm64",
  arm: "arm",
  ia32: "ia32",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  armv7: "arm",
};

/** Optional dependencies with an exact version that have no entry of their own: `[name, version, parent]`. */
export function missingEntries(lock) {
  const packages = lock.packages;
  const missing = [];
  for (const [at, entry] of Object.entries(packages)) {
    if (at === "") continue;
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (packages[`node_modules/${name}`] || packages[`${at}/node_modules/${name}`] || !/^\d/.test(version)) continue;
      missing.push([name, version, entry]);
    }
  }
  return missing;
}

export function completeLock(lock) {
  const packages = { ...lock.packages };
  for (const [name, version, parent] of missingEntries(lock)) {
    const parts = name.split(/[-/]/);
    const os = parts.find((part) => OS.includes(part));
    const cpu = parts.map((part) => CPU[part] ?? CPU[part.replace("eabi", "").replace("hf", "")]).find(Boolean);
    packages[`node_modules/${name}`] = {
      version,
      ...(cpu ? { cpu: [cpu] } : {}),
      ...(parent.dev ? { dev: true } : {}),
      optional: true,
      ...(os ? { os: [os] } : {}),
    };
  }
  return { ...lock, packages: Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

if (process.argv[1] === import.meta.filename) {
  const file = join(import.meta.dirname, "..", "package-lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  process.stderr.write(`added ${missingEntries(lock).length} entries\n`);
}
