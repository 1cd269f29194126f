"""Write the parts of the documents that come from what is built.

The flow, the grains and the list of marts come from the manifest, after any dbt command
that parses; the output in the README from a database, where `--summary` names one.
`--check` only says whether the documents are current. The queries of docs/marts.md run
on empty tables with the columns of the contracts either way.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "target" / "manifest.json"

# Models that the flow shows, with the words it shows for them. The arrows between
# them are the paths of the manifest.
SHOWN = {
    "input_sales": "sales",
    "input_stock_counts": "stock counts",
    "input_purchase_order_lines": "purchase lines",
    "replenishment_policies": "policies (seed)",
    "int_stock_movements": "stock ledger",
    "int_demand_unconstrained": "unconstrained demand",
    "int_lead_times": "lead times",
    "int_forecast_panel": "features",
    "int_forecasts_stacked": "lab: backtests of all families",
    "int_combination_weights": "lab: weights of the combination (Python)",
    "int_forecast_replays": "lab: orders of each model replayed (Python)",
    "fct_forecast_accuracy": "lab: fct_forecast_accuracy",
    "int_forecast_champions": "lab: champion per segment",
    "int_forecasts_live": "what the champions say (Python)",
    "fct_forecasts": "fct_forecasts",
    "int_lead_time_demand_simulated": "lead-time demand (Python)",
    "int_order_needs": "order rule",
    "int_policy_replays": "lab: policies replayed (Python)",
    "fct_policy_backtests": "lab: fct_policy_backtests",
    "fct_stock_daily": "fct_stock_daily",
    "fct_vendor_scorecards": "fct_vendor_scorecards",
    "fct_inventory_kpis": "fct_inventory_kpis",
    "fct_reorder_recommendations": "fct_reorder_recommendations",
    "fct_purchase_proposals": "fct_purchase_proposals",
    "fct_decision_ledger": "fct_decision_ledger",
    "fct_data_exceptions": "fct_data_exceptions",
}

# What each mart answers, in the order in which docs/marts.md lists them.
ANSWERS = {
    "fct_reorder_recommendations": (
        "What do I order today, how much, why, and what if I do not?"
    ),
    "fct_purchase_proposals": (
        "Which orders go out, are filled up or wait, and what does waiting cost?"
    ),
    "fct_purchase_proposal_lines": (
        "What is on each order, and what was added to fill it?"
    ),
    "fct_budget_allocation": "Which units do I buy first if money is short?",
    "fct_purchase_order_exceptions": (
        "Which lines do I expedite, defer or cancel, and what does that save?"
    ),
    "fct_transfer_proposals": "What do I move instead of buying it?",
    "fct_service_frontier": "What does the next point of service cost?",
    "fct_joint_replenishment": "How often do I order from this vendor?",
    "fct_recommendation_changes": "What moved since the last run, and why?",
    "fct_decision_ledger": (
        "What did we decide then, from what, and what did it cost, by cause?"
    ),
    "fct_scenario_comparison": (
        "What would other lead times, service, costs or a budget do?"
    ),
    "fct_scenario_orders": "What would be ordered then?",
    "fct_lead_time_demand": "How much may sell until the next order arrives?",
    "fct_policy_backtests": (
        "What would each ordering rule have cost, what did the shop itself cost on "
        "the same demand, and what is left on the table?"
    ),
    "fct_replenishment_policies": (
        "Which target and costs are in force, and which row set them?"
    ),
    "fct_inventory_kpis": (
        "What does this stock cost and earn, and is it too much or too little?"
    ),
    "fct_inventory_performance_monthly": (
        "How do turnover, holding cost and service develop?"
    ),
    "fct_vendor_scorecards": (
        "Who keeps their word, and what does their spread cost me?"
    ),
    "fct_forecasts": "What will sell, and how sure is that?",
    "fct_forecast_backtests": "What did each model say then, and what came?",
    "fct_forecast_accuracy": "How good is each model, beside the naive one?",
    "fct_forecast_accuracy_by_fold": (
        "How good was it at each cutoff, for steps, protection intervals and "
        "delivery windows?"
    ),
    "fct_forecast_folds": "Which cutoffs choose, which stay untouched?",
    "fct_forecast_reliability": (
        "Do intervals hold what they promise, and what stock do they cost?"
    ),
    "fct_forecast_significance": (
        "Is the champion better than the runner-up and the naive, or lucky?"
    ),
    "fct_forecast_budget": (
        "What does each model cost in CPU time, and was it left out?"
    ),
    "fct_forecast_vintage_accuracy": (
        "How good were the forecasts that were really used?"
    ),
    "fct_forecasts_aggregated": (
        "What will sell by product, vendor, category, location, chain?"
    ),
    "fct_lstm_training": "Did the networks learn, and beat a naive mean?",
    "fct_arima_orders": (
        "Which ARIMA orders were found, do they leave anything, and why has a "
        "series none?"
    ),
    "fct_hyperparameter_trials": (
        "Which hyperparameters were tried, what did they gain, which are in force?"
    ),
    "fct_forecast_champions": "Which model is used, and by how much money is it ahead?",
    "fct_feature_importance": "What do the forecasts of each model rest on?",
    "fct_signal_value": (
        "Do weather, promotions and holidays pay, in error and in money, and where "
        "are they used?"
    ),
    "fct_stock_daily": "What was on the shelf on any day?",
    "fct_stock_reconciliation": "Where do books and counts part, and what is it worth?",
    "fct_data_exceptions": (
        "What is wrong with my data, and what does it do to the plan?"
    ),
    "fct_sales_daily": "What sold, at what price and margin?",
    "fct_purchase_order_lines": (
        "What was ordered, when did it come, what is open or late?"
    ),
    "dim_products": (
        "Which products are there, of which vendor, at what cost and price?"
    ),
    "dim_locations": "Which locations are there?",
    "dim_vendors": "Which vendors are there, and what do they state?",
    "dim_dates": "Which week, month, season or holiday is a day?",
}

DOCUMENTS = ("README.md", "docs/architecture.md", "docs/marts.md")
LANGUAGES = {"python_models": "Python", "seeds": "CSV"}
LAYERS = ["seeds", "staging", "inputs", "intermediate", "marts"]


def models(manifest: dict) -> dict[str, dict]:
    """Models and seeds by name, those of the source system not in use included."""
    found = {}
    disabled = [entry for entries in manifest["disabled"].values() for entry in entries]
    for node in [*disabled, *manifest["nodes"].values()]:
        if node["resource_type"] in {"model", "seed"}:
            found[node["name"]] = node
    return found


def flow(manifest: dict) -> str:
    """Mermaid graph of the shown models; an arrow is a path without another one."""
    parents = {
        name: [
            unique_id.split(".")[-1]
            for unique_id in node["depends_on"].get("nodes", [])
        ]
        for name, node in models(manifest).items()
    }
    missing = sorted(set(SHOWN) - set(parents))
    if missing:
        raise KeyError(f"the manifest lacks {missing}")

    def nearest(name: str) -> set[str]:
        found = set()
        for parent in parents.get(name, []):
            found |= {parent} if parent in SHOWN else nearest(parent)
        return found

    direct = {name: nearest(name) for name in SHOWN}

    def above(name: str) -> set[str]:
        found = set(direct[name])
        for parent in direct[name]:
            found |= above(parent)
        return found

    lines = ["```mermaid", "flowchart LR"]
    lines += [f'    {name}["{label}"]' for name, label in SHOWN.items()]
    for name in SHOWN:
        implied = set().union(*(above(parent) for parent in direct[name]), set())
        lines += [
            f"    {parent} --> {name}" for parent in sorted(direct[name] - implied)
        ]
    return "\n".join([*lines, "```"])


def grain(description: str) -> str:
    """What a description says after "One row per"."""
    found = re.search(r"One row per (.+?)(?:[.;:]|$)", " ".join(description.split()))
    return found.group(1) if found else "see its description"


def grains(manifest: dict) -> str:
    """Table of all models: layer and topic, model, language, grain."""
    rows = []
    for name, node in models(manifest).items():
        folder, *path = node["original_file_path"].split("/")
        layer = "intermediate" if folder == "python_models" else path[0]
        layer = "seeds" if folder == "seeds" else layer
        topic = {"python_models": path[0], "models": path[1]}.get(folder, path[0])
        topic = "" if layer == "inputs" else topic
        topic += ", lab" if "lab" in path else ""
        language = LANGUAGES.get(folder, "SQL")
        rows.append(
            (LAYERS.index(layer), topic, name, language, grain(node["description"]))
        )
    lines = [
        "| Layer | Topic | Model | Written in | One row per |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {LAYERS[layer]} | {topic} | `{name}` | {language} | {one_row} |"
        for layer, topic, name, language, one_row in sorted(rows)
    ]
    return "\n".join(lines)


def marts(manifest: dict) -> str:
    """Table of all marts: name, plan or laboratory, grain, what it answers."""
    nodes = models(manifest)
    found = {
        name for name, node in nodes.items() if "/marts/" in node["original_file_path"]
    }
    if found != set(ANSWERS):
        raise KeyError(f"ANSWERS and the marts differ: {sorted(found ^ set(ANSWERS))}")
    lines = ["| Table | Part | One row per | It answers |", "|---|---|---|---|"]
    for name, answer in ANSWERS.items():
        node = nodes[name]
        part = "lab" if "/lab/" in node["original_file_path"] else "plan"
        lines.append(f"| `{name}` | {part} | {grain(node['description'])} | {answer} |")
    return "\n".join(lines)


def refused_queries(manifest: dict, page: str) -> list[str]:
    """What is wrong with the queries of the page: marts without one, failures."""
    nodes = models(manifest)
    queries = re.search(r"```sql\n(.*?)```", page, re.DOTALL)[1].split(";")
    wrong = [
        f"{name} has no query"
        for name in ANSWERS
        if not any(re.search(rf"\bmarts\.{name}\b", query) for query in queries)
    ]
    with duckdb.connect() as database:
        database.execute("create schema marts")
        for name in ANSWERS:
            columns = ", ".join(
                f"{column['name']} {column['data_type']}"
                for column in nodes[name]["columns"].values()
            )
            database.execute(f"create table marts.{name} ({columns})")
        for query in queries:
            try:
                database.execute(query)
            except duckdb.Error as error:
                wrong.append(f"{query.strip()}: {error}")
    return wrong


def summary(database: Path) -> str:
    """What `make build` prints at its end, as a block of text."""
    script = ROOT / "dashboard" / "print_summary.py"
    printed = subprocess.run(
        [sys.executable, script, database], check=True, capture_output=True, text=True
    ).stdout
    lines = [line.rstrip() for line in printed.splitlines()]
    return "\n".join(["```text", *lines, "```"])


def main() -> None:
    """Replace the parts between the marks, or say that they are old."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--manifest", type=Path, default=MANIFEST)
    parser.add_argument(
        "--summary", type=Path, metavar="DATABASE", help="refresh the README's output"
    )
    chosen = parser.parse_args()
    manifest = json.loads(chosen.manifest.read_text())
    parts = {
        "flow": flow(manifest),
        "grains": grains(manifest),
        "marts": marts(manifest),
    }
    if chosen.summary:
        parts["summary"] = summary(chosen.summary)
    wrong = refused_queries(manifest, (ROOT / "docs" / "marts.md").read_text())
    if wrong:
        sys.exit("docs/marts.md: " + "\n".join(wrong))
    old = []
    for path in (ROOT / document for document in DOCUMENTS):
        before = text = path.read_text()
        for name, part in parts.items():
            text = re.sub(
                rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)",
                lambda found, part=part: f"{found[1]}{part}\n{found[2]}",
                text,
                flags=re.DOTALL,
            )
        if text != before:
            old.append(path.name)
            if not chosen.check:
                path.write_text(text)
    if old and chosen.check:
        sys.exit(f"run docs/refresh.py: {', '.join(old)} differ from what is built")


if __name__ == "__main__":
    main()
