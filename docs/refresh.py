"""Write the parts of the documents that come from what is built.

The flow and the grains come from the manifest, after any dbt command that parses;
the output in the README from a database, where `--summary` names one. `--check` only
says whether the documents are current.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

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
    parts = {"flow": flow(manifest), "grains": grains(manifest)}
    if chosen.summary:
        parts["summary"] = summary(chosen.summary)
    old = []
    for path in (ROOT / "README.md", ROOT / "docs" / "architecture.md"):
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
