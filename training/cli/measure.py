"""The commands that measure a bundle beyond its test cases: `outside`, `robust`, `explain`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from training.cli.evaluate import CaseWeights
from training.data.splits import SplitName

Bundle = Annotated[Path, typer.Argument(help="Folder of an exported bundle.")]
Source = Annotated[
    str,
    typer.Argument(
        help="Folder or zip in Kaggle's layout, a prepared folder, the word 'kaggle', or a Hub id."
    ),
]
Split = Annotated[SplitName | None, typer.Option(help="Only the cases of this published split.")]
Report = Annotated[Path, typer.Option("--json", help="File for all figures.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (outside, robust, explain):
        app.command()(command)


def outside(
    bundle: Bundle,
    manifest: Annotated[
        Path,
        typer.Argument(
            help="CSV file with the columns file, kind, label (0, 1 or empty) and "
            "microns_per_pixel (or empty); files are relative to it."
        ),
    ],
    report: Report,
) -> None:
    """Score pictures from outside the data set with the service's own predictor.

    Reports ROC AUC, sensitivity and specificity by kind and scale, and how many pictures got no
    verdict, a verdict with a caution, or a verdict without one.

    Example: python -m training outside bundle outside/manifest.csv --json outside.json
    """
    from training.evaluation.outside import outside as run

    found = run(bundle, manifest, progress=True)
    _write(report, found)
    typer.echo(f"{'':24} images    AUC  sens.  spec.  refused withheld warned  inc. silent")
    rows = {"all": found["all"]} | {kind: rows["all"] for kind, rows in found["kinds"].items()}
    for name, row in rows.items():
        accuracy = " ".join(_show(row[key]) for key in ("roc_auc", "sensitivity", "specificity"))
        shares = "  ".join(
            _show(row[key]) for key in ("refused", "withheld", "warned", "inconclusive", "silent")
        )
        typer.echo(f"  {name:22} {row['images']:6}  {accuracy}    {shares}")


def robust(
    bundle: Bundle,
    source: Source,
    report: Report,
    split: Split = None,
    per_case: Annotated[
        int, typer.Option(min=1, help="Most patches per case, chosen by a hash of their names.")
    ] = 40,
    case_weight: CaseWeights = None,
) -> None:
    """Score patches unchanged, and compressed, blurred, brightened, in warm light and rotated.

    Example: python -m training robust bundle patches.zip --split val --json robust.json
    """
    from training.data.case_weights import parse_case_weights
    from training.evaluation.robust import robust as run

    found = run(
        bundle,
        source,
        split=split,
        case_weights=parse_case_weights(case_weight or []),
        patches_per_case=per_case,
        progress=True,
    )
    _write(report, found)
    typer.echo(f"{'':16}  AUC  sens.  spec.  flips  moved: most, 99 %")
    for name, row in found["shifts"].items():
        typer.echo(f"  {name:14} {' '.join(_show(value) for value in row.values())}")


def explain(bundle: Bundle, source: Source, report: Report) -> None:
    """Measure whether the activation map follows the tissue, on the source's complete slides.

    Example: python -m training explain bundle patches.zip --json explain.json
    """
    from training.evaluation.explain import explain as run

    found = run(bundle, source, progress=True)
    _write(report, found)
    for case_id, row in found["slides"].items():
        typer.echo(
            f"  {case_id}: higher quadrant right {_show(row['quadrants']['right'])}, peaks at the "
            f"corner {_show(row['peaks']['corner'])}, at the edge {_show(row['peaks']['edge'])}"
        )


def _write(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _show(value: float | None) -> str:
    return "  -  " if value is None else f"{value:.3f}"
