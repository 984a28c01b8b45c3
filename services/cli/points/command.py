"""`carat points`: its commands, each in the module of its topic."""

from typing import Final

import typer

from services.cli.points import pools
from services.cli.points.adjustments import adjust
from services.cli.points.awards import award
from services.cli.points.balances import balance
from services.cli.points.redemptions import authorise, cancel, capture, redeem, redemption, refund
from services.cli.points.referrals import refer, referrals
from services.cli.points.reinstatement import reinstate
from services.cli.points.reversals import reverse
from services.cli.points.statements import month, statement

app: Final = typer.Typer(
    no_args_is_help=True, help="Points: balances, redemptions, refunds, and what staff decide."
)
app.command("balance")(balance)
app.command("statement")(statement)
app.command("month")(month)
app.command("redeem")(redeem)
app.command("authorise")(authorise)
app.command("capture")(capture)
app.command("cancel")(cancel)
app.command("refund")(refund)
app.command("redemption")(redemption)
app.command("reverse")(reverse)
app.command("reinstate")(reinstate)
app.command("adjust")(adjust)
app.command("award")(award)
app.command("refer")(refer)
app.command("referrals")(referrals)
app.command("transfer")(pools.transfer)
app.add_typer(pools.app, name="pool")
