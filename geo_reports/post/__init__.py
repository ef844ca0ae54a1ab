"""Deliver what waits in the outbox, at least once: mail to senders, webhooks."""

from geo_reports.post.mail import Relay
from geo_reports.post.office import Post, open_post
from geo_reports.post.webhook import Hook, read_hooks
from geo_reports.store import Letter

__all__ = ["Hook", "Letter", "Post", "Relay", "open_post", "read_hooks"]
