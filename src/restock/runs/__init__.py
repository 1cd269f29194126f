"""Runs of dbt on a database: one at a time, aside, published whole or not at all."""
