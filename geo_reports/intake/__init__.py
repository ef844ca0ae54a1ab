"""Accept reports: one at a time with a receipt, or an archive of them."""

from geo_reports.intake.accept import Accepted, Intake
from geo_reports.intake.keys import ServerKey, open_key
from geo_reports.intake.limits import WriteLimit
from geo_reports.intake.locate import Locator

__all__ = ["Accepted", "Intake", "Locator", "ServerKey", "WriteLimit", "open_key"]
