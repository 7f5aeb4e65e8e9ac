"""What the settings allow to be spent, said in words before anything is."""

from app.config.settings import Settings
from app.usage.rate_limits import DAY, MINUTE


def cost_sentence(settings: Settings) -> str:
    """Return the sentence that tells an operator what a day can cost, every granted minute talked.

    It holds for each day of UTC. A span of 24 hours across midnight can hold up to twice as much,
    which the days around it then lack.
    """
    minutes_per_mint = settings.max_session_duration_seconds / MINUTE
    bounds = (
        settings.minutes_per_day,
        settings.mints_per_minute * DAY / MINUTE * minutes_per_mint,
        settings.sessions_at_once * DAY / MINUTE,
    )
    minutes = min((bound for bound in bounds if bound), default=None)
    price = f"{settings.price_per_hour_usd:.2f} USD an hour"
    if minutes is None:
        return (
            f"Nothing limits the minutes that are granted a day, at {price}: "
            "set VOICEGATE_MINUTES_PER_DAY."
        )
    cost = minutes / 60 * settings.price_per_hour_usd
    sentence = f"At most {minutes:,.0f} minutes a day are granted: {cost:,.2f} USD at {price}."
    if not settings.minutes_per_day:
        sentence += " No limit of its own bounds this: set VOICEGATE_MINUTES_PER_DAY."
    return sentence
