"""The tables of the store. Whoever changes them raises `VERSION` and writes the migration in `migrations.py`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
)

from cnnlab.training.step_metrics import STEP_METRICS

VERSION = 5

metadata = MetaData()

about = Table("about", metadata, Column("version", Integer, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("family", String, nullable=False),
    Column("spec", Text, nullable=False),  # JSON, as are `recipe`, `notes` and `tags`
    Column("recipe", Text, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("sentence", Text, nullable=False, default=""),
    Column("request", String, nullable=False, default=""),  # of a running run: "stop" or "pause"
    Column("priority", Integer, nullable=False, default=0),  # runs with a greater one start first
    Column("start_number", Integer, nullable=False, default=0),  # counts the starts of all runs
    Column("created_at", Float, nullable=False),  # seconds since 1970
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("seconds", Float, nullable=False, default=0.0),  # of computing
    Column("forecast_bytes", BigInteger, nullable=False, default=0),
    Column("device", String, nullable=False, default=""),
    Column("notes", Text, nullable=False, default="[]"),
    Column("step", Integer, nullable=False, default=0),
    Column("total_steps", Integer, nullable=False, default=0),
    Column("epoch", Integer, nullable=False, default=0),
    Column("examples_per_second", Float, nullable=False, default=0.0),
    Column("seconds_left", Float),
    Column("test_accuracy", Float),
    Column("best_test_accuracy", Float),
    Column("best_epoch", Integer),
    Column("parent", String),  # the run that this one was forked from, after its `parent_epoch`
    Column("parent_epoch", Integer),
    Column("note", Text, nullable=False, default=""),
    Column("tags", Text, nullable=False, default="[]"),
    Column("deleted_at", Float),
    Column("group", String),  # runs that were submitted together have the same
)

steps = Table(
    "steps",
    metadata,
    Column("run", ForeignKey("runs.number"), primary_key=True),
    Column("first_step", Integer, primary_key=True),
    Column("losses", LargeBinary, nullable=False),  # float32 each, as are `accuracies`
    Column("accuracies", LargeBinary, nullable=False),
    Column("seconds", Float, nullable=False),
    # A new metric needs no migration: a store that is opened to be written gets the columns that it lacks.
    *(Column(metric.name, Float, nullable=metric.source != "event") for metric in STEP_METRICS),
)

epochs = Table(
    "epochs",
    metadata,
    Column("run", ForeignKey("runs.number"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("train_loss", Float, nullable=False),
    Column("train_accuracy", Float, nullable=False),
    Column("test_loss", Float, nullable=False),
    Column("test_accuracy", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("is_best", Boolean, nullable=False),
    Column("validation_loss", Float),
    Column("validation_accuracy", Float),
)


def missing_metrics(connection: Connection) -> list[str]:
    """The metrics that this store, made before they were declared, has no column for."""
    present = {column["name"] for column in inspect(connection).get_columns(steps.name)}
    return [metric.name for metric in STEP_METRICS if metric.name not in present]
