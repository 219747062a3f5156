"""The built-in plugin for chats: messages to incoming webhooks of Slack, Mattermost and Discord."""

from cockpit_gateway_slack.plugin import SlackPlugin
from cockpit_gateway_slack.settings import ChatChannel, Config

__all__ = ["ChatChannel", "Config", "SlackPlugin"]
