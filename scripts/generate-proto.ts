// Writes the TypeScript of src/gateway/proto/ anew, beside its .proto files. Run it after a change of one.
// With a folder as argument it writes there instead: a test compares that with what stands.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "..");
const proto = join(root, "src", "gateway", "proto");
const bin = join(root, "node_modules", ".bin");
const within = join("mandate", "v1");
const target = process.argv[2] ?? join(proto, within);

const scratch = mkdtempSync(join(tmpdir(), "mandate-proto-"));
try {
  const template = {
    version: "v2",
    plugins: [{ local: join(bin, "protoc-gen-es"), out: scratch, opt: ["target=ts", "import_extension=ts"] }],
  };
  const env = { ...process.env, PATH: `${join(process.execPath, "..")}${delimiter}${process.env.PATH ?? ""}` };
  execFileSync(join(bin, "buf"), ["generate", proto, "--template", JSON.stringify(template)], { env, stdio: "inherit" });
  mkdirSync(target, { recursive: true });
  const made = readdirSync(join(scratch, within)).map((file) => {
    const path = join(target, named(file));
    writeFileSync(path, named(readFileSync(join(scratch, within, file), "utf8").replace(/^\/\* [a-z]+-disable \*\/\n/m, "")));
    return path;
  });
  execFileSync(process.execPath, [join(root, "node_modules", "@biomejs", "biome", "bin", "biome"), ...formatting(made)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Files are named in kebab-case here. */
function named(text: string): string {
  return text.replaceAll(/\b([a-z]+)_pb\.ts/g, "$1-pb.ts");
}

/** Files elsewhere than in the repository are formatted by the repository's rules too. */
function formatting(files: readonly string[]): readonly string[] {
  return ["check", "--write", "--vcs-enabled=false", `--config-path=${root}`, ...files];
}
