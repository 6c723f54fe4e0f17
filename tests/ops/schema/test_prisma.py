"""The reader of schema.prisma, and the tables that PostgreSQL has for what it reads."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from ops.schema import postgresql, prisma
from ops.schema.differences import differences
from ops.schema.tables import Column, DescribedDatabase, Reference, SchemaError, Table
from tests.ops.schema import given

SCHEMA = """
datasource db { // which one
  provider = "postgresql"
  url      = env("DATABASE_URL")
}
/* model Gone {
  id Int @id
} */
model Owner { // who "owns"
  id       String    @id @default(cuid())
  mail     String?   @unique @map("e_mail") @db.VarChar(80)
  link     String    @default("https://example.com/{a}") // not a comment before this
  quote    String    @default("say \\"no\\" // twice, (or) [so]")
  empty    String    @default("")
  color    Color     @default(DARK_RED)
  colors   Color[]   @default([DARK_RED, Green])
  things   Thing[]   @relation("owner")
  watched  Thing[]   @relation("watcher")
  @@map("owners")
}
model Thing {
  ownerId   String   @map("owner_id")
  number    Int      @default(autoincrement())
  watcherId String?
  owner     Owner    @relation("owner", fields: [ownerId], references: [id], onDelete: Cascade, onUpdate: Cascade)
  watcher   Owner?   @relation("watcher", fields: [watcherId], references: [id])
  kept      Owner?   @relation("kept", fields: [ownerId], references: [id])
  at        DateTime @updatedAt @db.Timestamptz(6)
  born      DateTime @default(dbgenerated("'1970-01-01'::timestamp")) @db.Timestamp
  data      Json?
  big       BigInt
  price     Decimal  @db.Decimal(10, 2)
  rate      Float?
  raw       Bytes
  sign      String   @db.Char
  place     Unsupported("point")?
  old       Boolean  @ignore

  @@id([ownerId, number(sort: Desc)], name: "key")
  @@unique(fields: [
    watcherId,
    number,
  ])
  @@index([at(ops: raw("minmax")), big])
}
view Seen {
  id Int @unique
}
enum Color {
  DARK_RED @map("dark red")
  Green // as grass
  @@map("colors")
}
"""


def test_every_part_of_the_language_becomes_what_postgresql_has() -> None:
    database = postgresql.database(prisma.parse(SCHEMA), "1")
    assert list(database.tables) == ["Thing", "owners"]
    assert database.enums == {"colors": ("dark red", "Green")}
    owners, thing = database.tables["owners"], database.tables["Thing"]
    assert owners == Table(
        name="owners",
        columns=(
            Column(name="id", type="text", null=False, default="cuid()"),
            Column(name="e_mail", type="character varying(80)", null=True),
            Column(name="link", type="text", null=False, default="https://example.com/{a}"),
            Column(name="quote", type="text", null=False, default='say "no" // twice, (or) [so]'),
            Column(name="empty", type="text", null=False, default="an empty text"),
            Column(name="color", type="colors", null=False, default="dark red"),
            Column(name="colors", type="colors[]", null=True, default="dark red, Green"),
        ),
        primary_key=("id",),
        unique=(("e_mail",),),
    )
    assert {column.name: column.type for column in thing.columns} == {
        "owner_id": "text",
        "number": "integer",
        "watcherId": "text",
        "at": "timestamp(6) with time zone",
        "born": "timestamp without time zone",
        "data": "jsonb",
        "big": "bigint",
        "price": "numeric(10,2)",
        "rate": "double precision",
        "raw": "bytea",
        "sign": "character(1)",
        "place": "point",
        "old": "boolean",
    }
    assert [column.name for column in thing.columns if column.null] == ["watcherId", "data", "rate", "place"]
    assert {column.name: column.default for column in thing.columns if column.default} == {
        "number": "autoincrement()",
        "at": "the time of the last change",
        "born": "'1970-01-01'::timestamp",
    }
    assert thing.primary_key == ("owner_id", "number")
    assert thing.unique == (("watcherId", "number"),)
    # A required column cannot be set to NULL, whatever the relation says.
    assert sorted((reference.columns, reference.on_delete) for reference in thing.references) == [
        (("owner_id",), "CASCADE"),
        (("owner_id",), "RESTRICT"),
        (("watcherId",), "SET NULL"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There is no model in it"),
        ("generator client {\n}\n", "There is no model in it"),
        ("model A {\n  id Int @id\n", "no closing brace"),
        ("model A {\n  id\n}\n", "Model A: `id` is no field"),
        ("model A {\n  id Int!\n}\n", "Model A: `id Int!` is no field"),
        ("model A {\n  id Integer\n}\n", "Field id: neither model, enum nor type of Prisma is called Integer"),
    ],
)
def test_what_is_no_schema_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        postgresql.database(prisma.parse(text), "1")


def test_a_running_postgresql_tells_of_its_tables_what_the_schema_does() -> None:
    schema = """
model Owner {
  id    String  @id @default(uuid())
  name  String? @db.VarChar(10)
  tags  String[]
  at    DateTime @default(now())
  color Color
  @@map("owner")
}
model Thing {
  first  String
  second Int
  owner  Owner @relation(fields: [first], references: [id], onDelete: Cascade)
  @@id([second, first])
}
enum Color {
  RED
}
"""
    statements = b"""
CREATE TYPE "Color" AS ENUM ('RED');
CREATE TABLE owner (id text PRIMARY KEY, name varchar(10), tags text[] NOT NULL, at timestamp(3) NOT NULL DEFAULT now(),
  color "Color" NOT NULL);
CREATE TABLE "Thing" (first text NOT NULL REFERENCES owner ON DELETE CASCADE, second int NOT NULL,
  PRIMARY KEY (second, first));
CREATE TABLE _prisma_migrations (id text);
CREATE VIEW seen AS SELECT id FROM owner;
"""
    documented = postgresql.comparable(postgresql.database(prisma.parse(schema), "1"))
    with given.postgresql() as server:
        given.make(server, "made", [statements])
        with given.connect(server, "made") as connection:
            assert differences(documented, _live(connection)) == []
            connection.execute(
                "ALTER TABLE owner DROP at, ALTER name TYPE text, ADD more int; CREATE TABLE new (id int)"
            )
            connection.execute('ALTER TABLE "Thing" DROP CONSTRAINT "Thing_first_fkey", DROP CONSTRAINT "Thing_pkey"')
            assert differences(documented, _live(connection)) == [
                "~ Thing: key (second, first) -> ()",
                "- Thing: foreign key (first) -> owner (id) CASCADE",
                "+ table new (1 columns)",
                "- owner.at",
                "+ owner.more integer NULL",
                "~ owner.name: character varying(10) NULL -> text NULL",
            ]


def _live(connection: psycopg.Connection[Any]) -> DescribedDatabase:
    row = connection.execute(postgresql.TABLES.encode()).fetchone()
    assert row
    return postgresql.live(row[0], "1")


def test_a_foreign_key_tells_what_it_refers_to() -> None:
    thing = postgresql.database(prisma.parse(SCHEMA), "1").tables["Thing"]
    assert thing.references[-1] == Reference(
        columns=("watcherId",), table="owners", targets=("id",), on_delete="SET NULL"
    )
