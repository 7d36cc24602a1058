// Checks schema.graphql with the tools that clients use: @graphql-eslint, graphql-schema-linter and
// graphql-inspector. Prints all findings and exits with 1 if there is one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import plugin from "@graphql-eslint/eslint-plugin";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { ESLint } from "eslint";
import { buildSchema } from "graphql";
import { excepted, notApplied, options } from "./exceptions.js";

const TOP = new URL("../../", import.meta.url);
const FILE = "schema.graphql";
const text = readFileSync(new URL(FILE, TOP), "utf8");
const schema = buildSchema(text);

/** Findings of the rules `schema-recommended` and `schema-relay`. */
async function eslint() {
  const configs = plugin.configs;
  const rules = { ...configs["flat/schema-recommended"].rules, ...configs["flat/schema-relay"].rules };
  for (const [rule, option] of Object.entries(options(schema))) rules[rule] = ["error", option];
  const linter = new ESLint({
    cwd: fileURLToPath(TOP),
    overrideConfigFile: true,
    overrideConfig: {
      files: ["**/*.graphql"],
      languageOptions: {
        parser: plugin.parser,
        parserOptions: { graphQLConfig: { schema: text } },
      },
      plugins: { "@graphql-eslint": plugin },
      rules,
    },
  });
  const [{ messages }] = await linter.lintText(text, { filePath: FILE });
  return messages.map(({ ruleId, line, message }) => ({ rule: ruleId, line, message }));
}

/** Findings of all rules of graphql-schema-linter. */
function schemaLinter() {
  const require = createRequire(import.meta.url);
  const { configuration, validator } = require("graphql-schema-linter");
  const { SourceMap } = require("graphql-schema-linter/lib/source_map.js");
  const source = { definition: text, sourceMap: new SourceMap({ [FILE]: text }) };
  const settings = new configuration.Configuration(source, {});
  const errors = validator.validateSchemaDefinition(source, settings.getRules(), settings);
  return errors.map(({ ruleName, locations, message }) => ({
    rule: ruleName,
    line: locations[0].line,
    message,
  }));
}

/** Breaking changes since the last release that no line of CHANGELOG.md tells; see `gorod schema
 * breaking`, which asks the same with less knowledge of clients. */
async function inspector() {
  const released = buildSchema(readFileSync(new URL("released.graphql", import.meta.url), "utf8"));
  const changelog = readFileSync(new URL("CHANGELOG.md", TOP), "utf8");
  const [unreleased] = changelog.split(/^## (?!Unreleased)/m);
  const items = unreleased.split(/^(?=[-#])/m).filter((item) => item.startsWith("- Breaking:"));
  const told = items.map((item) => item.match(/`([^`]+)`/)?.[1]);
  const isTold = ([type, field, argument]) =>
    told.includes(argument ? `${type}.${field}(${argument}:)` : [type, field].filter(Boolean).join("."));
  const changes = await diff(released, schema);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .filter(({ path }) => !isTold(path.split(".")))
    .map(({ path, message }) => ({
      rule: "graphql-inspector",
      message: `${message} CHANGELOG.md has no item "- Breaking:" that names \`${path}\`.`,
    }));
}

const used = new Set();
const except = ({ rule, message }) => {
  const found = rule in notApplied ? rule : excepted.find((one) => one.rule === rule && one.message === message);
  if (found) used.add(found);
  return found;
};
const findings = [...(await eslint()), ...schemaLinter()].filter((one) => !except(one));
findings.push(...(await inspector()));
for (const one of [...Object.keys(notApplied), ...excepted]) {
  if (!used.has(one)) {
    findings.push({ rule: one.rule ?? one, message: "The exception excepts nothing: remove it." });
  }
}
for (const { rule, line, message } of findings) {
  console.error(`${FILE}${line ? `:${line}` : ""} ${rule}: ${message}`);
}
if (findings.length) process.exit(1);
console.log(`${FILE}: no findings; ${used.size} exceptions.`);
