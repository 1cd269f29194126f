"""Print how much of the demand behind empty shelves is recovered on the sample.

`make build` first, then `.venv/bin/python benchmarks/demand_recovery.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
TRUTH = ROOT / "data" / "sample" / "truth" / "true_demand.parquet"
QUERY = """
select
    case
        when estimated.unconstrained_units is null then 'empty, no estimate'
        when estimated.is_empty then 'empty all day'
        when estimated.is_sold_out then 'sold out during the day'
        else 'in stock'
    end as days_that_were,
    count(*) as days,
    sum(truth.demand_units) as true_units,
    sum(estimated.sold_units) / sum(truth.demand_units) - 1 as bias_of_sales,
    sum(estimated.unconstrained_units) / sum(truth.demand_units) - 1
        as bias_of_estimate,
    sqrt(avg(power(estimated.sold_units - truth.demand_units, 2))) as rmse_of_sales,
    sqrt(avg(power(estimated.unconstrained_units - truth.demand_units, 2)))
        as rmse_of_estimate
from intermediate.int_demand_unconstrained as estimated
inner join read_parquet($truth) as truth
    on
        estimated.location_id = truth.location_id
        and estimated.product_id = truth.product_id
        and estimated.bucket_date = truth.date
group by days_that_were
order by days_that_were
"""


def main() -> None:
    """Print the table."""
    database = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "restock.duckdb")
    with duckdb.connect(database, read_only=True) as connection:
        cursor = connection.execute(QUERY, {"truth": str(TRUTH)})
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
    lines = [" | ".join(names)]
    for kind, days, units, *measures in rows:
        numbers = " | ".join(
            "" if value is None else f"{value:+.3f}" for value in measures
        )
        lines.append(f"{kind} | {days:,} | {units:,.0f} | {numbers}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
