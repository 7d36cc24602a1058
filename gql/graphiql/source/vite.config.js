import react from "@vitejs/plugin-react";
import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

import { translated } from "./translate.js";

const require = createRequire(import.meta.url);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Replace in a file of a dependency; a dependency that has changed stops the build. */
function replaced(code, pattern, replacement) {
  const result = code.replace(pattern, replacement);
  if (result === code) throw new Error(`nothing to replace: ${pattern}`);
  return result;
}

// Russian and English need neither the Greek and Vietnamese subsets of the fonts, which
// graphiql/style.css carries as data: URLs, nor their slanted faces.
const UNUSED_FACE = /unicode-range:\s*U\+(1F00|0370|0102)|font-style:\s*italic/i;

// GraphiQL tidies a few lines of JSON with prettier's whole JavaScript parser; jsonc-parser,
// which is there anyway, does it as well.
const PRETTIER_FOR_JSON = /async function formatJSONC\(content\) \{.*?\n\}\n/s;
const JSONC_PARSER_FOR_JSON = `
import { applyEdits, format } from "jsonc-parser";
async function formatJSONC(content) {
  return applyEdits(content, format(content, undefined, { insertSpaces: true, tabSize: 2 }));
}
`;

function smaller() {
  return {
    name: "gorod:smaller",
    enforce: "pre",
    transform(code, id) {
      if (/graphiql\/dist\/style\.css$/.test(id)) {
        return replaced(code, /@font-face\s*\{[^}]*\}/g, (face) =>
          UNUSED_FACE.test(face) ? "" : face,
        );
      }
      if (/@graphiql\/react\/dist\/utility\/jsonc\.js$/.test(id)) {
        return replaced(code, PRETTIER_FOR_JSON, JSONC_PARSER_FOR_JSON);
      }
      // Outside Node graphql-js takes every build for a development one, and is slow.
      if (/graphql\/jsutils\/instanceOf\.mjs$/.test(id)) {
        return replaced(code, "globalThis.process &&", "");
      }
      // graphiql/style.css contains Monaco's styles already.
      if (/monaco-editor\/esm\/.*\.css$/.test(id)) return "";
      return null;
    },
  };
}

/** Vite writes down the licenses of the modules; the fonts and what is inside Monaco come here. */
function otherLicenses() {
  return {
    name: "gorod:licenses",
    closeBundle() {
      const parts = [
        ["Fira Code (OFL-1.1)", here("licenses/fira-code.txt")],
        ["Roboto (OFL-1.1)", here("licenses/roboto.txt")],
        ["Inside monaco-editor", here("node_modules/monaco-editor/ThirdPartyNotices.txt")],
      ];
      for (const [title, file] of parts) {
        const text = readFileSync(file, "utf-8").replace(/\r/g, "").replace(/[ \t]+$/gm, "");
        appendFileSync(here("../static/LICENSES.md"), `\n## ${title}\n\n${text.trim()}\n`);
      }
    },
  };
}

export default defineConfig({
  // Relative: the server decides under which path the console lives.
  base: "./",
  plugins: [smaller(), translated(), react(), otherLicenses()],
  publicDir: false,
  resolve: {
    alias: [
      // One graphql module for everybody, the CommonJS packages too.
      { find: /^graphql$/, replacement: require.resolve("graphql/index.mjs") },
      { find: /^monaco-editor\/esm\/vs\/editor\/edcore\.main\.js$/, replacement: here("monaco.js") },
    ],
  },
  worker: { format: "es", plugins: () => [smaller()] },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    cssCodeSplit: false,
    chunkSizeWarningLimit: 4096,
    license: { fileName: "LICENSES.md" },
    rolldownOptions: {
      onLog(level, log, report) {
        // React Compiler's "use no memo" means nothing once compiled.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
});
