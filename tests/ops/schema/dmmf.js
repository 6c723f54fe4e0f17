// Prints what Prisma's own parser reads in a schema.prisma: node dmmf.js PACKAGE SCHEMA
const { readFileSync } = require("node:fs");
const [wasm, file] = process.argv.slice(2);
// Prisma 8 refuses what these lines set; they say nothing of tables.
const schema = readFileSync(file, "utf8").replace(/^\s*(url|directUrl|shadowDatabaseUrl|previewFeatures)\s*=.*$/gm, "");
const read = require(wasm).get_dmmf(JSON.stringify({ prismaSchema: [[file, schema]], noColor: true }));
process.stdout.write(JSON.stringify(JSON.parse(read).datamodel));
