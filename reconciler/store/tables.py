"""
The tables of a store, the same in SQLite and PostgreSQL.

One store holds many estates of one account. Rows name the lineage of their estate, so that a rename of the estate
changes one row. An address is unique within an estate; a platform object has one owner in the whole store, which the
constraint over kind and id enforces whatever the program does (ADR 0009).
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text, UniqueConstraint

FIRST_SCHEMA_VERSION = 1
SCHEMA_VERSION = 2
"""The version of the tables below; `reconciler.store.migrations` leads to it."""

METADATA = MetaData()

META = Table("meta", METADATA, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

ESTATE = Table(
    "estate",
    METADATA,
    Column("lineage", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("serial", BigInteger, nullable=False),
)

LOCK = Table(
    "lock",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", Text),
    Column("run_id", Text),
    Column("lease_until", Float, nullable=False),
    Column("drain_until", Float, nullable=False),
    Column("host", Text),
    Column("pid", Integer),
    Column("since", Text),
)

RUN = Table(
    "run",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("plan_sha", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("tool_version", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("ended", Text),
    Column("result", Text),
    Column("estate", Text, nullable=False),
)

PLAN_LEDGER = Table(
    "plan_ledger",
    METADATA,
    Column("plan_sha", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("first_run", Text, nullable=False),
    Column("last_run", Text, nullable=False),
    Column("estate", Text, primary_key=True),
)

RESOURCE = Table(
    "resource",
    METADATA,
    Column("addr", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("moniker", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("protect", Boolean, nullable=False),
    Column("retain", Boolean, nullable=False),
    Column("source", Text),
    Column("row_version", Integer, nullable=False),
    Column("last_applied", Text, nullable=False),
    Column("secret_hmacs", Text, nullable=False),
    Column("by_action", Text),
    Column("epoch", BigInteger, nullable=False),
    Column("estate", Text, primary_key=True),
    UniqueConstraint("kind", "remote_id"),
)

SIM = Table(
    "sim",
    METADATA,
    Column("iccid", Text, primary_key=True),
    Column("remote_id", Text),
    Column("group_addr", Text),
    Column("desired", Text),
    Column("status", Text, nullable=False),
    Column("last_fp", Text),
    Column("row_version", Integer, nullable=False),
    Column("by_action", Text),
    Column("estate", Text, nullable=False),
)

ACTION = Table(
    "action",
    METADATA,
    Column("action_id", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("plan_sha", Text, nullable=False),
    Column("op", Text, nullable=False),
    Column("addr", Text, nullable=False),
    Column("moniker", Text, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("remote_id", Text),
    Column("segment", Text),
    Column("items", Text, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("pre_fp", Text),
    Column("source", Text),
    Column("protect", Boolean, nullable=False),
    Column("retain", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("updated", Float, nullable=False),
    Column("estate", Text, nullable=False),
    Index("action_by_state", "state"),
    Index("action_by_natural_key", "natural_key"),
    Index("action_by_plan", "plan_sha"),
)

FACT = Table(
    "fact",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("action_id", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("http_status", Integer),
    Column("remote_id", Text),
    Column("at", Text, nullable=False),
    Column("prev_sha", Text, nullable=False),
    Column("sha", Text, nullable=False),
)
