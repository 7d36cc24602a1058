// Puts GraphiQL's texts through `say` while it is built. GraphiQL has no translations of its own.
import { fileURLToPath } from "node:url";

import { GRAPHIQL, PATTERNS } from "./texts.ru.js";

const SAY = `import { say } from ${JSON.stringify(fileURLToPath(new URL("say.js", import.meta.url)))};\n`;
const OURS = /\/(graphiql|@graphiql\/(react|plugin-doc-explorer|plugin-history|plugin-explorer))\/dist\/.*\.js$/;
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Texts put together of parts: how GraphiQL writes them, and what is said instead. */
const TOGETHER = [
  [/`\$\{isVisible_0 \? "Hide" : "Show"\} \$\{plugin_0\.title\}`/, 'say(isVisible_0 ? "Hide {}" : "Show {}", plugin_0.title)'],
  [
    /`\$\{editorToolsHiddenElement === "second" \? "Show" : "Hide"\} editor tools`/,
    'say(editorToolsHiddenElement === "second" ? "Show editor tools" : "Hide editor tools")',
  ],
];

/** Changes that are more than a text: the file, what stands there, what comes there. */
const CHANGES = [
  // Headings are told by their icons' names until they are shown.
  [/plugin-doc-explorer\/dist\/components\/section\.js$/, /(\n\s+t1,\n\s+)title(\n\s+\] \}\))/, "$1say(title)$2"],
  // Types by name, not as introspection came across them.
  [
    /plugin-doc-explorer\/dist\/components\/schema-documentation\.js$/,
    "Object.values(typeMap)",
    "Object.values(typeMap).sort((a, b) => a.name.localeCompare(b.name))",
  ],
  // The shortcut that stood there was cut off.
  [/plugin-doc-explorer\/dist\/components\/search\.js$/, "placeholder: t12", 'placeholder: say("Search")'],
  // Long comments and queries are read whole also beside an open panel.
  [/@graphiql\/react\/dist\/utility\/create-editor\.js$/, "tabIndex: -1,", 'tabIndex: -1,\n\t\twordWrap: "on",'],
  // Monaco says all its texts through these two.
  [/monaco-editor\/esm\/vs\/nls\.js$/, "return _format(message, args);", "return _format(say(message), args);"],
];

export function translated() {
  const missing = new Set([...Object.keys(GRAPHIQL), ...Object.keys(PATTERNS), ...CHANGES, ...TOGETHER]);
  return {
    name: "gorod:translated",
    enforce: "pre",
    transform(code, id) {
      let said = code;
      for (const change of CHANGES) {
        const [file, pattern, replacement] = change;
        if (file.test(id)) said = replaceOnce(said, change, pattern, replacement, missing);
      }
      if (OURS.test(id)) said = withTexts(said, missing);
      return said === code ? null : { code: SAY + said, map: null };
    },
    buildEnd(error) {
      const texts = [...missing].map(String);
      if (!error && texts.length > 0) this.error(`GraphiQL has no such texts any more: ${texts.join("; ")}`);
    },
  };
}

function replaceOnce(code, key, pattern, replacement, missing) {
  const said = code.replace(pattern, replacement);
  if (said !== code) missing.delete(key);
  return said;
}

function withTexts(code, missing) {
  let said = code;
  for (const text of Object.keys(GRAPHIQL)) {
    // A heading of the docs, or a name in a table of headings, is no text yet: see CHANGES.
    const literal = new RegExp(`(title: |^\\s*|[{,] )?"${escaped(text)}"(\\s*:)?`, "gm");
    said = said.replace(literal, (_, before, colon = "") => {
      missing.delete(text);
      const isName = colon && before !== undefined && before !== "title: ";
      return isName ? `${before}[say("${text}")]${colon}` : `${before ?? ""}say("${text}")${colon}`;
    });
  }
  for (const text of Object.keys(PATTERNS)) {
    const literal = new RegExp(`\`${escaped(text).replaceAll("\\{\\}", "\\$\\{([^}]+)\\}")}\``, "g");
    said = said.replace(literal, (_, ...found) => {
      missing.delete(text);
      const parts = found.slice(0, text.split("{}").length - 1);
      return `say(${[JSON.stringify(text), ...parts].join(", ")})`;
    });
  }
  for (const change of TOGETHER) said = replaceOnce(said, change, ...change, missing);
  return said;
}
