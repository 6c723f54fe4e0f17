#!/usr/bin/env node
// The program that Prisma Client Python starts as its query engine: GraphQL over HTTP in, JSON out. The engine itself is
// Prisma's own, the WebAssembly build in @prisma/client: the native one is in no package, only in Prisma's storage. That
// build speaks JSON instead of GraphQL (prisma-engines, query-engine/query-engine-wasm), hence the translation.
// Environment: PRISMA_DML_PATH (the schema), DATABASE_URL, and MODULES, the folder that package.json is installed in.
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";

if (process.argv.includes("--version")) {
  console.log("query-engine 393aa359c9ad4a4bb28630fb5613f9c281cde053"); // what Prisma Client Python 0.15 asks for
  process.exit(0);
}
const require = createRequire(`${process.env.MODULES}/package.json`);
const { bindAdapter } = require("@prisma/driver-adapter-utils");
const { PrismaPg } = require("@prisma/adapter-pg");
const { Kind, parse } = require("graphql");
const pg = require("pg");

// LiteLLM reads the names of its views as name[], which the adapter does not know; text[] it does.
const NAMES = 1003;
const TEXTS = 1009;
pg.types.setTypeParser(NAMES, pg.types.getTypeParser(TEXTS));
class Pool extends pg.Pool {
  async query(...asked) {
    const answered = await super.query(...asked);
    for (const field of answered.fields ?? []) if (field.dataTypeID === NAMES) field.dataTypeID = TEXTS;
    return answered;
  }
}

const schema = fs.readFileSync(process.env.PRISMA_DML_PATH, "utf8");
const models = Object.fromEntries(
  [...schema.matchAll(/^model\s+(\w+)\s*\{(.*?)^\}/gms)].map(([, name, body]) => [
    name,
    Object.fromEntries([...body.matchAll(/^\s*(\w+)\s+(\w+)/gm)].map(([, field, type]) => [field, type])),
  ]),
);
const engine = await start();

async function start() {
  const url = new URL(process.env.DATABASE_URL);
  for (const name of [...url.searchParams.keys()]) if (name !== "host") url.searchParams.delete(name);
  const generator = 'generator client {\n provider = "prisma-client-js"\n previewFeatures = ["driverAdapters"]\n}\n';
  const datamodel = schema.replace(/generator\s+\w+\s*\{[^}]*\}/g, generator);
  const runtime = `${process.env.MODULES}/node_modules/@prisma/client/runtime/query_engine_bg.postgresql`;
  const bindings = require(`${runtime}.js`);
  const wasm = new WebAssembly.Module(fs.readFileSync(`${runtime}.wasm`));
  bindings.__wbg_set_wasm(new WebAssembly.Instance(wasm, { "./query_engine_bg.js": bindings }).exports);
  const silent = { logLevel: "error", logQueries: false };
  const options = { datamodel, ...silent, datasourceOverrides: {}, env: {}, engineProtocol: "json" };
  const adapter = bindAdapter(new PrismaPg(new Pool({ connectionString: url.toString(), max: 5 })));
  const started = new bindings.QueryEngine(options, () => {}, adapter);
  await started.connect("{}");
  return started;
}

// ---- GraphQL to Prisma's JSON protocol ----

function value(node) {
  switch (node.kind) {
    case Kind.LIST:
      return node.values.map(value);
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, value(field.value)]));
    case Kind.NULL:
      return null;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    default:
      return node.value;
  }
}

// GraphQL has text where a column is JSON; the engine must be told, or it would store the text.
function typed(node, model) {
  if (Array.isArray(node)) return node.map((inner) => typed(inner, model));
  if (node === null || typeof node !== "object") return node;
  const fields = models[model] ?? {};
  return Object.fromEntries(
    Object.entries(node).map(([name, inner]) => {
      if (fields[name] === "Json" && typeof inner === "string") return [name, { $type: "Json", value: inner }];
      return [name, typed(inner, fields[name] in models ? fields[name] : model)];
    }),
  );
}

const named = (fields) => Object.fromEntries(fields.map((field) => [field.name.value, value(field.value)]));

function selection(set) {
  return Object.fromEntries(
    (set?.selections ?? []).map((field) => [
      field.name.value,
      field.selectionSet ? { arguments: named(field.arguments), selection: selection(field.selectionSet) } : true,
    ]),
  );
}

function request(field) {
  const name = field.name.value;
  const query = { arguments: named(field.arguments), selection: selection(field.selectionSet) };
  if (name === "queryRaw" || name === "executeRaw") return { action: name, query };
  const [, action, modelName, orThrow = ""] = /^([a-zA-Z]+?)(LiteLLM_\w+?)(OrThrow)?$/.exec(name);
  return { modelName, action: action + orThrow, query: { ...query, arguments: typed(query.arguments, modelName) } };
}

// ---- and its answers back ----

function plain(node) {
  if (Array.isArray(node)) return node.map(plain);
  if (node === null || typeof node !== "object") return node;
  if ("$type" in node) return node.value;
  if ("rows" in node && "types" in node) {
    const parsed = (cell, type) => (type === "json" && typeof cell === "string" ? JSON.parse(cell) : cell);
    return { ...node, rows: node.rows.map((row) => row.map((cell, column) => parsed(cell, node.types[column]))) };
  }
  return Object.fromEntries(Object.entries(node).map(([name, inner]) => [name, plain(inner)]));
}

async function answer(text, transaction) {
  const [field] = parse(text).definitions[0].selectionSet.selections;
  const answered = JSON.parse(await engine.query(JSON.stringify(request(field)), "{}", transaction));
  if (answered.errors) return answered;
  return { data: { [field.alias.value]: plain(Object.values(answered.data)[0]) } };
}

async function handle(path, body, transaction) {
  if (path === "/status") return { status: "ok" };
  if (path === "/transaction/start") {
    const limits = { max_wait: body.max_wait, timeout: body.timeout };
    return JSON.parse(await engine.startTransaction(JSON.stringify(limits), "{}"));
  }
  const [, id, end] = /^\/transaction\/([^/]+)\/(commit|rollback)$/.exec(path) ?? [];
  if (end) return JSON.parse(await engine[`${end}Transaction`](id, "{}"));
  if (!body.batch) return answer(body.query, transaction);
  const batchResult = []; // one after the other, without the transaction that the native engine would put around them
  for (const { query } of body.batch) batchResult.push(await answer(query, transaction));
  return { batchResult };
}

const server = http.createServer(async (asked, answered) => {
  let text = "";
  for await (const piece of asked) text += piece;
  let said;
  try {
    said = await handle(asked.url, JSON.parse(text || "null"), asked.headers["x-transaction-id"]);
  } catch (error) {
    console.error(error);
    const message = String(error);
    said = { errors: [{ error: message, user_facing_error: { is_panic: false, message, meta: {} } }] };
  }
  answered.writeHead(200, { "content-type": "application/json" });
  answered.end(JSON.stringify(said));
});
server.listen(Number(process.argv[process.argv.indexOf("-p") + 1]), "127.0.0.1");
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
