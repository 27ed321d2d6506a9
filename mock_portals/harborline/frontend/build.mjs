// Builds ../static/harborline.js and its third-party notices: `npm ci && npm run build`.
import { readFileSync, writeFileSync, existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");
process.chdir(here);

const made = await build({
  entryPoints: ["src/main.jsx"],
  outfile: join(out, "harborline.js"),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  metafile: true,
});

// Every package of which something is in the bundle, with its own licence text.
const packages = new Map();
for (const path of Object.keys(made.metafile.inputs)) {
  const found = path.match(/^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//);
  if (found) packages.set(found[2], found[1]);
}
const parts = [...packages].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, folder]) => {
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${license}`;
  return `${name} ${version} (${license})\n\n${text}\n`;
});
const line = `\n${"-".repeat(80)}\n\n`;
writeFileSync(join(out, "THIRD-PARTY-NOTICES.txt"), `harborline.js contains parts of these packages.\n${line}${parts.join(line)}`.replace(/\r\n/g, "\n"));
