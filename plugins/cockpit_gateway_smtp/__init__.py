"""The built-in plugin for mail, over SMTP; sending needs the extra `smtp`."""

from cockpit_gateway_smtp.plugin import SmtpPlugin
from cockpit_gateway_smtp.settings import Config, Mail, MailServer

__all__ = ["Config", "Mail", "MailServer", "SmtpPlugin"]
