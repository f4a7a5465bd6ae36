"""The commands that judge models: `evaluate`, `calibrate`, `limits`, `familiarity`, `compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from hf_space.bundle.config import METRICS_FILE
from training.cli.quiet import import_tensorflow
from training.data.splits import LEARNABLE

CaseWeights = Annotated[
    list[str] | None,
    typer.Option(
        help="CASE=W or CASE:CLASS=W, repeatable: weight of a case, or of one of its classes, "
        "to correct for a sample of patches without the natural proportions."
    ),
]

LearnedSplits = Annotated[
    list[str] | None,
    typer.Option(
        help="Cases the model learned from; repeatable; default: " + ", ".join(LEARNABLE) + "."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(evaluate)
    app.command()(calibrate)
    app.command()(limits)
    app.command()(familiarity)
    app.command()(compare)


def evaluate(
    bundle: Annotated[Path, typer.Argument(help="Folder written by `export`.")],
    source: Annotated[
        str,
        typer.Argument(
            help="Folder or zip in Kaggle's layout, a prepared folder, the word 'kaggle', or a Hub "
            "id."
        ),
    ],
    report: Annotated[Path, typer.Option("--json", help="File for all figures.")],
    *,
    plots: Annotated[
        Path | None,
        typer.Option(help="Folder for the plots; the mosaics of complete slides show tissue."),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            help="Parquet or CSV file for each patch: case, x, y, label, logit, probability."
        ),
    ] = None,
    split: Annotated[
        Literal["test", "val", "train", "extension", "all"],
        typer.Option(help="Only the cases of this split, or all."),
    ] = "test",
    views: Annotated[
        Literal["1", "8"],
        typer.Option(
            help="8 also measures the mean over the 8 rotations and reflections; 1 is faster."
        ),
    ] = "8",
    with_learned: Annotated[
        bool,
        typer.Option(
            "--with-learned",
            help="Include cases the model learned from; such figures are never published.",
        ),
    ] = False,
    case_weight: CaseWeights = None,
) -> None:
    """Evaluate an exported model with the service's engine: overall and by case, with intervals.

    Reports one forward pass, the mean over the 8 rotations and reflections, and the mean over
    the 3x3 neighbourhood on the slide.

    Example: python -m training evaluate bundle data/prepared --json metrics.json
    """
    from training.data.case_weights import parse_case_weights
    from training.evaluation.evaluate import evaluate as run
    from training.release.revision import hash_metrics

    found = run(
        bundle,
        source,
        split=None if split == "all" else split,
        case_weights=parse_case_weights(case_weight or []),
        plots=plots,
        progress=True,
        views=int(views),
        predictions=predictions,
        with_learned=with_learned,
    )
    _write(report, json.dumps(found, indent=2, allow_nan=False))
    if report.resolve() == (bundle / METRICS_FILE).resolve():
        hash_metrics(bundle)
    typer.echo(f"{found['patches']:,} patches of {found['cases_count']:,} cases: {report}")
    if learned := found["dataset"]["learned_cases"]:
        typer.echo(f"  The model learned from {len(learned):,} of them: not for publication.")
    for name in ("roc_auc", "average_precision", "balanced_accuracy", "f1", "ece"):
        low, high = found["intervals"][name]
        typer.echo(f"  {name:18} {_show(found[name])}  ({_show(low)} to {_show(high)})")


def calibrate(
    predictions: Annotated[
        Path, typer.Argument(help="The out_of_fold.parquet that `cross-validate` writes.")
    ],
    out: Annotated[Path, typer.Option(help="JSON file for `export`.")],
    method: Annotated[
        Literal["platt", "temperature"],
        typer.Option(help="Slope and intercept, or the slope alone."),
    ] = "platt",
    case_weight: CaseWeights = None,
) -> None:
    """Fit probabilities, operating points and uncertain bands on out-of-fold logits.

    Example: python -m training calibrate runs/folds/out_of_fold.parquet --out calibration.json
    """
    from training.data.case_weights import parse_case_weights, sampling_weights
    from training.evaluation.calibrate import calibrate as run
    from training.evaluation.calibrate import read_predictions

    table = read_predictions(predictions)
    weights = parse_case_weights(case_weight or [])
    result = run(
        table,
        weights=sampling_weights(table["case_id"], table["label"], weights),
        method=method,
    )
    _write(out, result.model_dump_json(indent=2))
    typer.echo(
        f"ECE {result.report.ece_before:.4f} -> {result.report.ece_after:.4f}, "
        f"NLL {result.report.nll_before:.4f} -> {result.report.nll_after:.4f}, cross-fitted: {out}"
    )
    for name, point in result.report.operating_points.items():
        typer.echo(
            f"  {name}: threshold {result.thresholds[name].threshold:.4f}, "
            f"sensitivity {point.sensitivity:.3f}, specificity {point.specificity:.3f}, "
            f"F1 {point.f1:.3f}, uncertain {point.uncertain_fraction:.1%}"
        )


def limits(
    bundle: Annotated[Path, typer.Argument(help="Folder written by `export`.")],
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    split: LearnedSplits = None,
) -> None:
    """Measure the limits beyond which the service gives no verdict; write them to the bundle.

    The limits are for colours and stain far from the training patches, and for blur at which the
    model finds half of the tumour patches that it finds in focus. Evaluate the bundle afterwards.

    Example: python -m training limits runs/bundle data/prepared
    """
    from training.release.limits import write_limits

    found = write_limits(bundle, dataset, splits=split or LEARNABLE, progress=True)
    typer.echo(f"{found.patches:,} patches of {found.cases:,} cases, without a verdict:")
    for reason, share in found.withheld.items():
        typer.echo(f"  {reason:16} {share:.2%}")


def familiarity(
    bundle: Annotated[Path, typer.Argument(help="Folder written by `export`.")],
    dataset: Annotated[Path, typer.Argument(help="Folder written by `prepare`.")],
    folds: Annotated[Path, typer.Option(help="Folder written by `cross-validate`.")],
    split: LearnedSplits = None,
) -> None:
    """Describe the network's features on its training patches; write them to the bundle.

    Beyond the first limit a result has the caution `unfamiliar` (one patch in 50 of unseen
    cases). Beyond the second limit (one in 200) there is no verdict. Run `limits` first, and
    evaluate the bundle afterwards.

    Example: python -m training familiarity runs/bundle data/prepared --folds runs/folds
    """
    import_tensorflow()
    from training.release.familiarity import write_familiarity

    found = write_familiarity(bundle, dataset, folds, splits=split or LEARNABLE, progress=True)
    typer.echo(f"{found.patches:,} patches of {found.cases:,} cases, beyond each limit:")
    for name, limit in found.limits.model_dump().items():
        typer.echo(f"  {name:16} distance {limit:.3f}, {found.false_alarms[name]:.2%}")


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs that `train` validated.")],
    report: Annotated[Path, typer.Option("--json", help="File for all figures.")],
) -> None:
    """Compare candidates, each judged on the validation cases it did not learn from.

    Runs that differ only in their seed are one candidate. Differences from the best have 95 %
    bootstrap intervals, drawn over the same cases for both.

    Example: python -m training compare runs/first runs/second --json candidates.json
    """
    from training.evaluation.compare import Candidates
    from training.evaluation.compare import compare as run

    candidates = run(runs)
    _write(report, Candidates.dump_json(candidates, indent=2).decode())
    for row in candidates:
        typer.echo(
            f"  {row.name:18} ROC AUC {_show(row.roc_auc)}, balanced accuracy "
            f"{_show(row.balanced_accuracy)}, F1 {_show(row.f1)}, {row.minutes:.0f} minutes, "
            f"{len(row.seeds)} seeds"
        )
        if gap := row.difference.get("roc_auc"):
            typer.echo(
                f"  {'':18} ROC AUC {gap.value:+.3f} from the best "
                f"({_show(gap.low)} to {_show(gap.high)})"
            )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def _show(value: float | None) -> str:
    return "  -  " if value is None else f"{value:.3f}"
