"""What an evaluation leaves on disk: result and details, tables, figures."""

from dataclasses import asdict
import json
from pathlib import Path

from dexgen_learning.evaluation.campaign import Campaign
from dexgen_learning.evaluation.dexgen_control import OURS
from dexgen_learning.evaluation.figures import draw_following, draw_guidance
from dexgen_learning.evaluation.point import Point
from dexgen_learning.evaluation.protocol import COMMANDS
from dexgen_learning.evaluation.report import COLUMNS, point_row, records, table
from dexgen_learning.evaluation.tasks.row import flat


def write(campaign: Campaign, result: dict, path: Path) -> None:
    """Write the result beside its details, tables and figures.

    Args:
      campaign: that ran.
      result: of it.
      path: .json; the other files take its name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result | {'details': details(campaign)}, indent=2) + '\n')
    path.with_suffix('.md').write_text('\n'.join(markdown(campaign, result)))
    rivals = campaign.without_model(COMMANDS)
    if rivals:
        ours = [point for point in campaign.of_stream(COMMANDS) if point.family == OURS]
        window = campaign.content['matching_window']
        others = ours + campaign.with_model(COMMANDS)
        draw_following(rivals, others, window, path.with_suffix('.following.png'))
    cells = {name: campaign.of_stream(name) for name in campaign.content['cells']}
    if any(cells.values()):
        draw_guidance(cells, path.with_suffix('.guidance.png'))


def details(campaign: Campaign) -> dict:
    """What the result line leaves out."""
    laboratory = campaign.laboratory
    return {
        'expert': laboratory.expert_name,
        'checkpoint': laboratory.checkpoint.facts if laboratory.checkpoint else None,
        'sampling': asdict(laboratory.sampling),
        'config': vars(laboratory.config),
        'at_following_with_model': campaign.levels(campaign.with_model(COMMANDS)),
        'left_out': campaign.left_out,
        'behaviour_trials': {name: trials for name, (_, trials) in campaign.behaviours.items()},
        'tasks': {
            name: [score._asdict() for score in scores] for name, scores in campaign.scores.items()
        },
        'points': [_point(point) for point in campaign.points],
    }


def _point(point: Point) -> dict:
    low, high = point.holding.interval()
    fewest, most = point.goals_interval
    return {
        'stream': point.stream,
        'control': point.control,
        'time_s': point.holding.mean,
        'time_low95_s': low,
        'time_high95_s': high,
        'drops': int(point.drops.sum()),
        'simulated_s': float(point.time.sum()),
        'goals_per_min': point.goals_per_minute,
        'goals_low95_per_min': fewest,
        'goals_high95_per_min': most,
        'clamped_share': point.clamped_share,
        'jerk': point.rms_jerk,
        'following': {
            part: {f'{window:g}': list(figures) for window, figures in windows.items()}
            for part, windows in (
                (part, point.following_of(part)) for part in ('all', 'touching', 'free')
            )
        },
    }


def markdown(campaign: Campaign, result: dict) -> list[str]:
    """Lines of the page of tables."""
    shares = {key: result[key] for key in result if key.endswith('_share')}
    return [
        f'Protocol {result["evaluation_hash"][:12]}, seed {result["seed"]}, {result["drops"]} '
        f'drops in all, common guidance {result["guidance"]}, expert '
        f'{Path(campaign.laboratory.expert_name).name}.',
        '',
        *records(result['cells'], 'cell'),
        *records(result['at_following'], 'at following, rivals without a model'),
        *records(campaign.levels(campaign.with_model(COMMANDS)), 'at following, with a model'),
        *records({name: flat(row) for name, row in result['tasks'].items()}, 'task'),
        *records({name: {'share': share} for name, share in shares.items()}, 'share'),
        *table([point_row(point) for point in campaign.points], COLUMNS),
        '',
    ]
