"""`python -m dexgen_learning.evaluation.command`: evaluates and ends with one JSON line."""

import json
from pathlib import Path
import sys

from dexgen_learning.evaluation.report import draw_walk, markdown
from dexgen_learning.evaluation.suite import describe, Evaluation, EvaluationConfig


def evaluate(config: EvaluationConfig) -> dict:
    """Run the protocol; every point is printed as it is known, the result as the last line.

    With `output`, also written: the result as JSON, the table as Markdown, the figure as PNG.
    """
    evaluation = Evaluation(config, report=lambda point: print(describe(point), flush=True))
    result = evaluation.run()
    if config.output:
        path = Path(config.output)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=2) + '\n')
        path.with_suffix('.md').write_text(markdown(evaluation.points, result))
        window = evaluation.protocol.content['matching_window']
        draw_walk(evaluation.points, window, path.with_suffix('.png'))
    print(json.dumps(result), flush=True)
    return result


def main() -> None:
    """Entry point."""
    import tyro

    try:
        evaluate(tyro.cli(EvaluationConfig))
    except (FileNotFoundError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(2)


if __name__ == '__main__':
    main()
