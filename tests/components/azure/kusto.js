// Microsoft's language service for Kusto: what it finds wrong in each query on stdin, and the columns that each yields.
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { runInThisContext } = require("node:vm");

// Bridge.NET code that expects a browser's globals, so it is no module.
for (const name of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  runInThisContext(readFileSync(join(process.argv[2], name), "utf8"), { filename: name });
}
const { GlobalState, KustoCode, Symbols } = Kusto.Language;
const { tables, queries } = JSON.parse(readFileSync(0, "utf8"));

const symbols = Object.entries(tables).map(([name, columns]) => {
  const schema = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
  return new Symbols.TableSymbol.$ctor7(name, `(${schema.join(", ")})`, "");
});
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("workspace", symbols));

const list = (items) => Array.from({ length: items.Count }, (_, index) => items.getItem(index));
const found = Object.entries(queries).map(([name, text]) => {
  const code = KustoCode.ParseAndAnalyze(text, globals);
  const problems = list(code.GetDiagnostics()).map(
    ({ Code, Message, Start, Length }) => `${Code} at "${text.slice(Start, Start + Length)}": ${Message}`,
  );
  const columns = code.ResultType.Columns ? list(code.ResultType.Columns) : [];
  return [name, { problems, columns: Object.fromEntries(columns.map(({ Name, Type }) => [Name, Type.Name])) }];
});
console.log(JSON.stringify(Object.fromEntries(found)));
