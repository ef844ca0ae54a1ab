"""Staff accounts: who someone is, what the role may see, and for how long."""

from geo_reports.accounts.accounts import AccountInfo, Accounts
from geo_reports.accounts.actor import Actor
from geo_reports.accounts.roles import STAFF, check_audience, check_role, may_use

__all__ = ["STAFF", "AccountInfo", "Accounts", "Actor", "check_audience", "check_role", "may_use"]
