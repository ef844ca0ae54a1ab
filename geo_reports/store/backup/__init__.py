"""Back a live store up into one sealed file, and bring it back into an empty place."""

from geo_reports.store.backup.key import make_key, open_backup_key
from geo_reports.store.backup.manifest import Manifest
from geo_reports.store.backup.pack import Made, back_up, verify_backup
from geo_reports.store.backup.restore import Restored, restore
from geo_reports.store.backup.site import Site

__all__ = ["Made", "Manifest", "Restored", "Site", "back_up", "make_key", "open_backup_key", "restore", "verify_backup"]
