"""What the settings allow to be spent, said in words before anything is."""

from typing import Final

from app.config.settings import Settings
from app.usage.rate_limits import DAY, MINUTE

# What a day's count rests on, as the probes tell it, and what the sum then means.
BASES: Final = {
    "list": "Today's minutes: what sessions used, by the agent service's list.",
    "reservations": "Today's minutes: what tokens were granted; nothing of it comes back.",
}


def cost_sentence(settings: Settings) -> str:
    """Return the sentence that tells an operator what a day can cost.

    It holds for each day of UTC. A span of 24 hours across midnight can hold up to twice as much,
    which the days around it then lack.
    """
    minutes_per_mint = settings.longest_session_seconds / MINUTE
    bounds = (
        settings.minutes_per_day,
        settings.mints_per_minute * DAY / MINUTE * minutes_per_mint,
        settings.sessions_at_once * DAY / MINUTE,
    )
    minutes = min((bound for bound in bounds if bound), default=None)
    price = f"{settings.price_per_hour_usd:.2f} USD an hour"
    if minutes is None:
        return f"Nothing limits the minutes of a day, at {price}: set VOICEGATE_MINUTES_PER_DAY."
    cost = minutes / 60 * settings.price_per_hour_usd
    verb = "used" if settings.audit else "granted"
    sentence = f"At most {minutes:,.0f} minutes a day are {verb}: {cost:,.2f} USD at {price}."
    if not settings.minutes_per_day:
        sentence += " No limit of its own bounds this: set VOICEGATE_MINUTES_PER_DAY."
    return f"{sentence} {_overshoot(settings)}"


def _overshoot(settings: Settings) -> str:
    """Return what the sum rests on, and how far it can be exceeded: see docs/costs.md."""
    longest = settings.longest_session_seconds / MINUTE
    if settings.audit:
        rests = "That is counted by the agent service's list of sessions. Beyond it go only"
        until = ", before the list shows them"
    else:
        rests = (
            "Nothing that was granted comes back (VOICEGATE_AUDIT is false). Beyond it go, unseen, "
            "only"
        )
        until = ""
    return (
        f"{rests} sessions on tokens that were used more than once{until}: up to {longest:,.0f} "
        "minutes each; and sessions that the agent service lets last longer than their token says, "
        "for as long as they last."
    )
