"""`python -m dexgen_learning.evaluation.command`: evaluates and ends with one JSON line."""

import json
from pathlib import Path
import sys

from dexgen_learning.evaluation.campaign import Campaign
from dexgen_learning.evaluation.laboratory import EvaluationConfig
from dexgen_learning.evaluation.report import describe
from dexgen_learning.evaluation.written import write


def evaluate(config: EvaluationConfig) -> dict:
    """Run the protocol; every point is printed as it is known, the result as the last line.

    With `output`, also written: result and details as JSON, tables as Markdown, figures as PNG.
    """
    campaign = Campaign(config, report=lambda point: print(describe(point), flush=True))
    print(f'expert: {campaign.laboratory.expert_name}', flush=True)
    result = campaign.run()
    for what, why in campaign.left_out.items():
        print(f'left out: {what}: {why}', flush=True)
    if config.output:
        write(campaign, result, Path(config.output))
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
