"""The contract between Cockpit Gateway and its plugins: one typed function per hook.

A plugin implements any of these with `@cockpit_gateway.hookimpl`, under the same name, taking only the
parameters it wants, by name; parameters added later never break it.

The hook of an event is a handler: `def` (run in threads of the plugin's own) or `async def` (run on the event loop),
called at least once, and again until it returns; it may raise `cockpit_gateway.Retry` or `cockpit_gateway.Reject`.
What holds for all of them:

- An argument that Cockpit did not send is None, and PHP sends an empty object as []. `event.args` has all as it came.
- An event is a hint, not a proof: some fire although nothing was stored, and what Cockpit could not send is lost.
- `noise=True` marks what fires while somebody reads, views or logs in. It is ignored unless a plugin implements its
  hook, an endpoint names it or the source's `accept` does.
- The redact plugin, which is on by default, masks the secrets that are mentioned here before anything sees them.
- A source is a file of agentejo/cockpit and lines at commit f7cd602b (0.12.2 and a little more). An event without a
  "Since" is in 0.5.0 already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cockpit_gateway.contract import cockpit_event, gateway_event, hookspec
from cockpit_gateway.deliveries import Attempt, Delivery, RequestPreview, Response
from cockpit_gateway.events import Event, JSONArray, JSONObject, JSONValue
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.targets import Explained, Planned, Target

if TYPE_CHECKING:
    from aiohttp.web import RouteDef
    from typer import Typer

# Collections


@cockpit_event("collections.save.before", per_name=True, subjects=("collections/{name}/{entry._id}",))
def collections_save_before(
    name: str | None, entry: JSONObject | None, is_update: bool | None, event: Event, context: PluginContext
) -> None:
    """An entry is about to be stored.

    Fires once per entry, N times for N entries in one request, before storage: what it announces may still come to
    nothing. A new entry has no `_id` yet; fields of the type "password" are already bcrypt hashes. Entries that the
    admin imports under an `_id` of their own come with `is_update` false.
    Also as "collections.save.before.<collection>", with the same arguments.

    Args:
        name: The collection's name (string).
        entry: What is to be stored, with `_modified`; on an update only the fields that were sent (object).
        is_update: True when the entry came with an `_id` (bool).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:401,402, modules/Collections/Controller/Import.php:58,59.

    Example:
        >>> @hookimpl
        ... def collections_save_before(name, entry, is_update, context):
        ...     if not is_update:
        ...         context.log.info("a new entry", collection=name, fields=sorted(entry))
    """


@cockpit_event("collections.save.after", per_name=True, subjects=("collections/{name}/{entry._id}",))
def collections_save_after(
    name: str | None, entry: JSONObject | None, is_update: bool | None, event: Event, context: PluginContext
) -> None:
    """An entry was stored.

    Fires once per entry, N times for N entries in one request, after storage. On an update `entry` has only the fields
    that were sent. It also fires when the `_id` of an update does not exist: the client got 404 and nothing was stored.
    An entry that PHP cannot encode as JSON arrives as an undecodable event, which only `any_event` sees.
    Also as "collections.save.after.<collection>", with the same arguments.

    Args:
        name: The collection's name (string).
        entry: The fields that were sent, with `_id`, `_modified` and, for a new entry, `_created` (object).
        is_update: True when the entry came with an `_id` (bool).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:406,407, modules/Collections/Controller/Import.php:63,64.

    Example:
        >>> @hookimpl
        ... async def collections_save_after(name, entry, is_update, event, context):
        ...     if event.name == "collections.save.after":  # once, though the per-name event arrives as well
        ...         context.log.info("index it", collection=name, entry=entry["_id"], whole=not is_update)
    """


@cockpit_event("collections.remove.before", per_name=True, subjects=("collections/{name}",))
def collections_remove_before(
    name: str | None, criteria: JSONObject | JSONArray | None, event: Event, context: PluginContext
) -> None:
    """Entries are about to be removed.

    Fires once per call of remove, however many entries go: it carries the filter, not the entries.
    Also as "collections.remove.before.<collection>", with the same arguments.

    Args:
        name: The collection's name (string).
        criteria: The filter by which entries are removed (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:437,438.

    Example:
        >>> @hookimpl
        ... def collections_remove_before(name, criteria, context):
        ...     if not criteria:
        ...         context.log.warning("every entry matches", collection=name)
    """


@cockpit_event("collections.remove.after", per_name=True, subjects=("collections/{name}",))
def collections_remove_after(
    name: str | None, result: int | JSONObject | None, event: Event, context: PluginContext
) -> None:
    """Entries were removed.

    Fires once per call of remove, however many entries went, also when none did. Which ones they were is not said, so
    that an index has to ask Cockpit what is left.
    Also as "collections.remove.after.<collection>", with the same arguments.

    Args:
        name: The collection's name (string).
        result: How many entries were removed (int); MongoDB's result may be {} instead (read in the code, never
            captured).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:442,443.

    Example:
        >>> @hookimpl
        ... async def collections_remove_after(name, result, context):
        ...     if result != 0:
        ...         context.log.info("compare the index with what is left", collection=name)
    """


@cockpit_event("collections.createcollection", subjects=("collections/{collection.name}",))
def collections_createcollection(collection: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A collection was created.

    Fires after the definition was written, by the admin or the REST API. It has no per-name variant, and renaming a
    collection does not fire it.

    Args:
        collection: The collection's definition: `name`, `label`, `fields`, `acl` and more (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:51.

    Example:
        >>> @hookimpl
        ... def collections_createcollection(collection, context):
        ...     fields = {field["name"]: field["type"] for field in collection["fields"]}
        ...     context.log.info("make a table", name=collection["name"], columns=fields)
    """


@cockpit_event("collections.updatecollection", per_name=True, subjects=("collections/{collection.name}",))
def collections_updatecollection(collection: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A collection's definition was changed.

    Fires after the definition was written.
    Also as "collections.updatecollection.<collection>", with the same arguments.

    Args:
        collection: The whole definition as it is now, with `acl` and `rules` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:74,75.

    Example:
        >>> @hookimpl
        ... def collections_updatecollection(collection, context):
        ...     if "public" in collection.get("acl", {}):
        ...         context.log.warning("anybody can read it", collection=collection["name"])
    """


@cockpit_event("collections.removecollection", per_name=True, subjects=("collections/{name}",))
def collections_removecollection(name: str | None, event: Event, context: PluginContext) -> None:
    """A collection was removed, with its entries.

    Fires after the definition and all entries are gone; no event tells of the entries.
    Also as "collections.removecollection.<collection>", with the same arguments.

    Args:
        name: The collection's name (string).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:125,126.

    Example:
        >>> @hookimpl
        ... def collections_removecollection(name, context):
        ...     context.log.warning("drop its index", collection=name)
    """


@cockpit_event("collections.reorder", per_name=True, subjects=("collections/{name}",))
def collections_reorder(name: str | None, entries: JSONArray | None, event: Event, context: PluginContext) -> None:
    """Entries were put in another order.

    Fires after an editor dragged entries about in the admin.
    Also as "collections.reorder.<collection>", with the same arguments.
    Newer than the release 0.12.2, though Cockpit's master still calls itself that.

    Args:
        name: The collection's name (string).
        entries: The entries that moved, each with `_id` and its place `_o` (list).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:401,402.

    Example:
        >>> @hookimpl
        ... def collections_reorder(name, entries, context):
        ...     places = {entry["_id"]: entry["_o"] for entry in entries}
        ...     context.log.info("new order", collection=name, places=places)
    """


@cockpit_event("collections.find.before", per_name=True, subjects=("collections/{name}",), noise=True)
def collections_find_before(
    name: str | None,
    options: JSONObject | JSONArray | None,
    constant: bool | None,
    event: Event,
    context: PluginContext,
) -> None:
    """Entries are about to be searched.

    Fires for every find and findOne, Cockpit's own included: the admin views, saves, exports or deletes an entry,
    `populate` resolves a link. A request with an account's token has the whole account in `options`, password hash and
    API key included.
    Also as "collections.find.before.<collection>", with the same arguments.

    Args:
        name: The collection's name (string).
        options: `filter`, `fields`, `sort`, `limit`, `skip`, `populate`, `fieldsFilter` (object; [] when empty).
        constant: Always false (bool).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:245,246.

    Example:
        >>> @hookimpl
        ... def collections_find_before(name, options, context):
        ...     if "limit" not in options:
        ...         context.log.warning("a search without a limit", collection=name)
    """


@cockpit_event("collections.find.after", per_name=True, subjects=("collections/{name}",), noise=True)
def collections_find_after(
    name: str | None, entries: JSONArray | None, constant: bool | None, event: Event, context: PluginContext
) -> None:
    """Entries were found.

    Fires after links were resolved and fields filtered. The whole result is in it: a listing of 14 MB makes a body of
    14 MB, and one entry that PHP cannot encode leaves the body of every listing it is in empty.
    Also as "collections.find.after.<collection>", with the same arguments.

    Args:
        name: The collection's name (string).
        entries: All entries found (list; [] for none).
        constant: Always false (bool).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:272,273.

    Example:
        >>> @hookimpl
        ... def collections_find_after(name, entries, context):
        ...     if not entries:
        ...         context.log.info("a search found nothing", collection=name)
    """


@cockpit_event("collections.linkeditems", noise=True)
def collections_linkeditems(id: str | None, return_: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The entries that link to an entry were collected.

    Fires when the admin shows them for one entry. It does not say which collection that one is in.
    Since Cockpit 0.11.0.

    Args:
        id: The entry's `_id` (string).
        return_: `collections`: links by the collection's label; {} when there are none (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Utils.php:86.

    Example:
        >>> @hookimpl
        ... def collections_linkeditems(id, return_, context):
        ...     context.log.debug("linked from", entry=id, collections=list(return_.get("collections", {})))
    """


@cockpit_event("collections.admin.find.before.{name}", subjects=("collections/{name}",), noise=True)
def collections_admin_find_before(options: JSONObject | JSONArray | None, event: Event, context: PluginContext) -> None:
    """The admin's list of entries is about to be searched.

    Fires only with the collection's name at its end; the arguments do not hold it, `event.collection` does.
    Since Cockpit 0.9.3.

    Args:
        options: `filter`, `sort`, `limit`, `skip` (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:481.

    Example:
        >>> @hookimpl
        ... def collections_admin_find_before(options, event, context):
        ...     if options and options.get("filter"):
        ...         context.log.info("an editor filters", collection=event.collection, by=options["filter"])
    """


@cockpit_event("collections.admin.find.after.{name}", subjects=("collections/{name}",), noise=True)
def collections_admin_find_after(
    entries: JSONArray | None, options: JSONObject | JSONArray | None, event: Event, context: PluginContext
) -> None:
    """The admin's list of entries was found.

    Fires only with the collection's name at its end; the arguments do not hold it, `event.collection` does.
    Since Cockpit 0.9.3.

    Args:
        entries: The entries on the page (list).
        options: `filter`, `sort`, `limit`, `skip` (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:483.

    Example:
        >>> @hookimpl
        ... def collections_admin_find_after(entries, event, context):
        ...     context.log.debug("an editor sees", collection=event.collection, entries=len(entries))
    """


@cockpit_event("collections.admin._filter.before", subjects=("collections/{collection.name}",), noise=True)
def collections_admin_filter_before(
    collection: JSONObject | None,
    filter: str | None,
    allowedtypes: JSONArray | None,
    criterias: JSONArray | None,
    event: Event,
    context: PluginContext,
) -> None:
    """The admin's text filter is about to be made.

    Fires when an editor types into the filter of the list of entries.
    Since Cockpit 0.12.0.

    Args:
        collection: The collection's definition: `name`, `label`, `fields`, `acl` and more (object).
        filter: What was typed (string).
        allowedtypes: The types of field that are searched (list).
        criterias: Conditions that add-ons have put in (list; [] for none).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:552.

    Example:
        >>> @hookimpl
        ... def collections_admin_filter_before(collection, filter, context):
        ...     context.log.info("an editor looks for", collection=collection["name"], text=filter)
    """


@cockpit_event("collections.admin._filter.field", subjects=("collections/{collection.name}",), noise=True)
def collections_admin_filter_field(
    collection: JSONObject | None,
    name: str | None,
    field: JSONObject | None,
    filter: str | None,
    criterias: JSONArray | None,
    event: Event,
    context: PluginContext,
) -> None:
    """The admin's text filter has taken in a field.

    Fires once per field of the collection, whether or not the field is searched.
    Since Cockpit 0.12.0.

    Args:
        collection: The collection's definition: `name`, `label`, `fields`, `acl` and more (object).
        name: The field's name, with the language's suffix when a translation is searched (string).
        field: The field's definition (object).
        filter: What was typed (string).
        criterias: The conditions so far, this field's included (list).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:598.

    Example:
        >>> @hookimpl
        ... def collections_admin_filter_field(name, field, criterias, context):
        ...     if not any(name in condition for condition in criterias):
        ...         context.log.debug("not searched", field=name, type=field["type"])
    """


@cockpit_event("collections.entries", subjects=("collections/{collection.name}",), noise=True)
def collections_entries(collection: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The admin's list of entries is viewed.

    Fires when the page /collections/entries/NAME is drawn.
    Newer than the release 0.12.2, though Cockpit's master still calls itself that.

    Args:
        collection: The collection's definition: `name`, `label`, `fields`, `acl` and more (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/views/partials/entries.php:693.

    Example:
        >>> from collections import Counter
        >>> views = Counter()
        >>> @hookimpl
        ... async def collections_entries(collection):
        ...     views[collection["name"]] += 1
    """


@cockpit_event("collections.settings.aside", noise=True)
def collections_settings_aside(event: Event, context: PluginContext) -> None:
    """A collection's definition is viewed.

    Fires when its form is drawn; which collection it is is not said.
    Since Cockpit 0.9.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/views/collection.php:86.

    Example:
        >>> @hookimpl
        ... def collections_settings_aside(event, context):
        ...     context.log.info("somebody looks at a definition", site=event.source)
    """


@cockpit_event("collections.entry.aside", subjects=("collections/{name}",), noise=True)
def collections_entry_aside(name: str | None, event: Event, context: PluginContext) -> None:
    """An entry is viewed in the admin.

    Fires when its form is drawn; which entry it is is not said.
    Since Cockpit 0.7.2.

    Args:
        name: The collection's name (string).
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/views/entry.php:188.

    Example:
        >>> @hookimpl
        ... def collections_entry_aside(name, event, context):
        ...     context.log.debug("an editor is at work", collection=name, at=event.received_at)
    """


# Forms


@cockpit_event("forms.submit.before", subjects=("forms/{form}",))
def forms_submit_before(
    form: str | None,
    data: JSONObject | None,
    frm: JSONObject | None,
    options: JSONObject | JSONArray | None,
    event: Event,
    context: PluginContext,
) -> None:
    """A form was submitted.

    Fires before the form is mailed or stored, once the form's own validation (config/forms/NAME.php) has let it pass. A
    submission fires, in this order: forms.submit.before, forms.save.before, forms.save.after, forms.submit.after. It
    has no per-name variant.
    Since Cockpit 0.6.2.

    Args:
        form: The form's name (string).
        data: What was filled in; every value is a string when it was sent form-encoded (object).
        frm: The form's definition: `name`, `label`, `save_entry`, `email_forward` … (object).
        options: Options of the mail (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:285.

    Example:
        >>> @hookimpl
        ... def forms_submit_before(form, frm, context):
        ...     if not frm.get("save_entry") and not frm.get("email_forward"):
        ...         context.log.warning("nobody keeps what is submitted", form=form)
    """


@cockpit_event("forms.submit.after", subjects=("forms/{form}",))
def forms_submit_after(
    form: str | None, data: JSONObject | None, frm: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """A submitted form has been dealt with.

    Fires after the form was mailed and stored, as far as its definition says so, and also when the mail failed. It has
    no per-name variant, and one argument less than forms.submit.before.
    Since Cockpit 0.6.2.

    Args:
        form: The form's name (string).
        data: What was filled in; every value is a string when it was sent form-encoded (object).
        frm: The form's definition: `name`, `label`, `save_entry`, `email_forward` … (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:337.

    Example:
        >>> @hookimpl
        ... async def forms_submit_after(form, data, context):
        ...     if form == "contact":
        ...         context.log.info("open a ticket", who=data.get("email"), about=data.get("message"))
    """


@cockpit_event("forms.save.before", per_name=True, subjects=("forms/{name}/{entry._id}",))
def forms_save_before(name: str | None, entry: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A form's entry is about to be stored.

    Fires on submission if the form's definition has `save_entry`, and when an add-on saves one. A new entry has no
    `_id` yet.
    Also as "forms.save.before.<form>", with the same arguments.

    Args:
        name: The form's name (string).
        entry: `data` (what was filled in), `_created`, `_modified` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:207,208.

    Example:
        >>> @hookimpl
        ... def forms_save_before(name, entry, context):
        ...     empty = [field for field, value in entry["data"].items() if value == ""]
        ...     context.log.debug("left empty", form=name, fields=empty)
    """


@cockpit_event("forms.save.after", per_name=True, subjects=("forms/{name}/{entry._id}",))
def forms_save_after(name: str | None, entry: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A form's entry was stored.

    Fires on submission if the form's definition has `save_entry`, and when an add-on saves one. Removing an entry fires
    nothing, nor does creating, changing or removing a form.
    Also as "forms.save.after.<form>", with the same arguments.

    Args:
        name: The form's name (string).
        entry: `_id`, `data` (what was filled in), `_created`, `_modified` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:212,213.

    Example:
        >>> @hookimpl
        ... async def forms_save_after(name, entry, context):
        ...     if not entry["data"].get("email"):
        ...         raise Reject("nobody to answer to")
        ...     context.log.info("answer it", form=name, entry=entry["_id"])
    """


@cockpit_event("forms.open.before", subjects=("forms/{name}",), noise=True)
def forms_open_before(
    name: str | None, options: JSONObject | JSONArray | None, event: Event, context: PluginContext
) -> None:
    """A form is about to be opened in a template.

    Fires when a page calls cockpit("forms")->open(), that is, when somebody views it.
    Since Cockpit 0.12.0.

    Args:
        name: The form's name (string).
        options: Attributes that the template sets (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:245.

    Example:
        >>> @hookimpl
        ... def forms_open_before(name, event, context):
        ...     context.log.debug("a form is shown", form=name, site=event.source)
    """


@cockpit_event("forms.open.after", subjects=("forms/{name}",), noise=True)
def forms_open_after(name: str | None, options: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A form was opened in a template.

    Fires when a page calls cockpit("forms")->open(), that is, when somebody views it. The form's csrf hash is in it.
    Since Cockpit 0.12.0.

    Args:
        name: The form's name (string).
        options: `id`, `class`, `action`, `method`, `enctype`, `csrf`, `mailsubject`, `include_js` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:260.

    Example:
        >>> @hookimpl
        ... def forms_open_after(name, options, context):
        ...     context.log.debug("a form is shown", form=name, posts_to=options["action"])
    """


@cockpit_event("forms.close.before", subjects=("forms/{name}",), noise=True)
def forms_close_before(
    name: str | None, options: JSONObject | JSONArray | None, event: Event, context: PluginContext
) -> None:
    """A form is about to be closed in a template.

    Fires when a page calls cockpit("forms")->close().
    Since Cockpit 0.12.0.

    Args:
        name: The form's name (string; null when the template does not say).
        options: What the template passes (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:266.

    Example:
        >>> @hookimpl
        ... def forms_close_before(name, context):
        ...     if name is None:
        ...         context.log.warning("a template closes a form without its name")
    """


@cockpit_event("forms.close.after", subjects=("forms/{name}",), noise=True)
def forms_close_after(
    name: str | None, options: JSONObject | JSONArray | None, event: Event, context: PluginContext
) -> None:
    """A form was closed in a template.

    Fires when a page calls cockpit("forms")->close().
    Since Cockpit 0.12.0.

    Args:
        name: The form's name (string; null when the template does not say).
        options: What the template passes (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:268.

    Example:
        >>> from collections import Counter
        >>> shown = Counter()
        >>> @hookimpl
        ... async def forms_close_after(name):
        ...     shown[name] += 1
    """


@cockpit_event("forms.settings.aside", noise=True)
def forms_settings_aside(event: Event, context: PluginContext) -> None:
    """A form's definition is viewed.

    Fires when its form in the admin is drawn; which form it is is not said.
    Since Cockpit 0.9.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/views/form.php:73.

    Example:
        >>> @hookimpl
        ... def forms_settings_aside(event, context):
        ...     context.log.info("somebody looks at a form's definition", site=event.source)
    """


# Singletons


@cockpit_event("singleton.saveData.before", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_save_data_before(
    singleton: JSONObject | None, data: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """A singleton's data is about to be stored.

    Fires when it is saved over REST or in the admin, before storage.
    Also as "singleton.saveData.before.<singleton>", with the same arguments.
    Since Cockpit 0.6.0.

    Args:
        singleton: The singleton's definition: `name`, `label`, `fields`, `acl` … (object).
        data: All of its data: it takes the place of what is stored (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:119,120.

    Example:
        >>> @hookimpl
        ... def singleton_save_data_before(singleton, data, context):
        ...     defined = {field["name"] for field in singleton["fields"]}
        ...     context.log.debug("to be stored", singleton=singleton["name"], without=sorted(defined - set(data)))
    """


@cockpit_event("singleton.saveData.after", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_save_data_after(
    singleton: JSONObject | None, data: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """A singleton's data was stored.

    Fires when it is saved over REST or in the admin, after storage.
    Also as "singleton.saveData.after.<singleton>", with the same arguments.
    Since Cockpit 0.6.0.

    Args:
        singleton: The singleton's definition: `name`, `label`, `fields`, `acl` … (object).
        data: All of its data: it has taken the place of what was stored (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:124,125.

    Example:
        >>> @hookimpl
        ... async def singleton_save_data_after(singleton, data, event, context):
        ...     if event.singleton == "settings":
        ...         context.log.info("rebuild every page", site=event.source, title=data.get("site"))
    """


@cockpit_event("singleton.getData.after", per_name=True, subjects=("singletons/{singleton.name}",), noise=True)
def singleton_get_data_after(
    singleton: JSONObject | None, data: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """A singleton's data was read.

    Fires for every read: over REST, when its form is viewed in the admin, and when it is saved there with data that
    carry `_by`. Of a singleton that was never saved, every field is null.
    Also as "singleton.getData.after.<singleton>", with the same arguments.
    Since Cockpit 0.6.0.

    Args:
        singleton: The singleton's definition: `name`, `label`, `fields`, `acl` … (object).
        data: Its data, fields that the reader may not see left out (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:171,172.

    Example:
        >>> @hookimpl
        ... def singleton_get_data_after(singleton, data, context):
        ...     if all(value is None for value in data.values()):
        ...         context.log.warning("read before it was ever saved", singleton=singleton["name"])
    """


@cockpit_event("singleton.save.before", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_save_before(singleton: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A singleton's definition is about to be stored.

    Fires before the definition is written, for a new singleton and for a changed one; not for its data.
    Also as "singleton.save.before.<singleton>", with the same arguments.
    Since Cockpit 0.6.0.

    Args:
        singleton: The singleton's definition: `name`, `label`, `fields`, `acl` … (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:44,45,73,74.

    Example:
        >>> @hookimpl
        ... def singleton_save_before(singleton, context):
        ...     types = {field["name"]: field["type"] for field in singleton["fields"]}
        ...     context.log.info("fields to be", singleton=singleton["name"], fields=types)
    """


@cockpit_event("singleton.save.after", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_save_after(singleton: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A singleton's definition was stored.

    Fires after the definition was written, of a new singleton and of a changed one; not for its data.
    Also as "singleton.save.after.<singleton>", with the same arguments.
    Since Cockpit 0.6.0.

    Args:
        singleton: The singleton's definition: `name`, `label`, `fields`, `acl` … (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:53,54,82,83.

    Example:
        >>> @hookimpl
        ... def singleton_save_after(singleton, context):
        ...     if singleton["_created"] == singleton["_modified"]:
        ...         context.log.info("a new singleton", name=singleton["name"])
    """


@cockpit_event("singleton.remove", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_remove(singleton: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A singleton was removed.

    Fires after the definition and the data are gone.
    Also as "singleton.remove.<singleton>", with the same arguments.
    Since Cockpit 0.6.0.

    Args:
        singleton: The definition as it was: `name`, `label`, `fields`, `acl` … (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:106,107.

    Example:
        >>> @hookimpl
        ... def singleton_remove(singleton, event, context):
        ...     context.log.warning("pages will miss it", singleton=event.singleton, fields=len(singleton["fields"]))
    """


@cockpit_event("singletons.settings.aside", noise=True)
def singletons_settings_aside(event: Event, context: PluginContext) -> None:
    """A singleton's definition is viewed.

    Fires when its form is drawn; which singleton it is is not said.
    Since Cockpit 0.9.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/views/singleton.php:68.

    Example:
        >>> @hookimpl
        ... def singletons_settings_aside(event, context):
        ...     context.log.info("somebody looks at a singleton's definition", site=event.source)
    """


@cockpit_event("singletons.form.aside", subjects=("singletons/{name}",), noise=True)
def singletons_form_aside(name: str | None, event: Event, context: PluginContext) -> None:
    """A singleton's data is viewed in the admin.

    Fires when its form is drawn.
    Since Cockpit 0.7.2.

    Args:
        name: The singleton's name (string).
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/views/form.php:174.

    Example:
        >>> @hookimpl
        ... def singletons_form_aside(name, event, context):
        ...     context.log.debug("an editor is at work", singleton=name, at=event.received_at)
    """


# Assets and media


@cockpit_event("cockpit.asset.upload", subjects=("assets/{asset._id}",))
def cockpit_asset_upload(
    asset: JSONObject | None,
    meta: JSONObject | JSONArray | None,
    opts: JSONObject | None,
    file: str | None,
    path: str | None,
    event: Event,
    context: PluginContext,
) -> None:
    """A file of an upload is about to be stored.

    Fires once per file, and when the file of an asset is replaced. The asset has no `_id` yet. One upload of two files
    fires cockpit.asset.upload and cockpit.asset.save for each and then one cockpit.assets.save. It had three arguments
    in 0.9.0 and four in 0.10.0; there are five since 0.11.0.
    Since Cockpit 0.8.4.

    Args:
        asset: `path`, `title`, `mime`, `size`, `image`, `width`, `height`, `colors` and more (object).
        meta: What the client adds to the asset (object; [] when empty).
        opts: Options of the file storage: `mimetype` (object).
        file: Absolute path of the file that was sent (string).
        path: Where it will be in the asset storage (string).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:97.

    Example:
        >>> @hookimpl
        ... def cockpit_asset_upload(asset, opts, context):
        ...     if asset["size"] > 10_000_000:
        ...         context.log.warning("a large file", title=asset["title"], mime=opts["mimetype"])
    """


@cockpit_event("cockpit.asset.save", subjects=("assets/{asset._id}",))
def cockpit_asset_save(asset: JSONObject | None, event: Event, context: PluginContext) -> None:
    """An asset is about to be stored.

    Fires for each file of an upload, when an asset's file is replaced, and when its title or other metadata are
    changed. A new asset has no `_id` yet.
    Since Cockpit 0.8.4.

    Args:
        asset: The asset, with `_id` unless it is new (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:115,269.

    Example:
        >>> @hookimpl
        ... def cockpit_asset_save(asset, context):
        ...     if asset.get("image") and not asset.get("description"):
        ...         context.log.info("an image without a description", title=asset["title"])
    """


@cockpit_event("cockpit.assets.save", subjects=("assets/{assets[]._id}",))
def cockpit_assets_save(assets: JSONArray | None, event: Event, context: PluginContext) -> None:
    """The assets of an upload are about to be stored.

    Fires once per upload, before the insert: new assets have no `_id` yet. It also fires when the file of an asset is
    replaced, with the `_id`; changed metadata fire only cockpit.asset.save.
    Since Cockpit 0.6.0 (before that: cockpit.assets.upload).

    Args:
        assets: The assets (list).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:121.

    Example:
        >>> @hookimpl
        ... def cockpit_assets_save(assets, context):
        ...     context.log.info("an upload", files=len(assets), bytes=sum(asset["size"] for asset in assets))
    """


@cockpit_event("cockpit.assets.remove", subjects=("assets/{assets[]._id}",))
def cockpit_assets_remove(assets: JSONArray | None, event: Event, context: PluginContext) -> None:
    """Assets were removed.

    Fires once for all that were removed together.
    Since Cockpit 0.6.0.

    Args:
        assets: The assets as they were; null in place of one that did not exist (list).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:251.

    Example:
        >>> @hookimpl
        ... async def cockpit_assets_remove(assets, context):
        ...     for asset in filter(None, assets):
        ...         context.log.info("purge it from the CDN", path=asset.get("path"))
    """


@cockpit_event("cockpit.assets.updatefile", subjects=("assets/{asset._id}",))
def cockpit_assets_updatefile(
    asset: JSONObject | None, old_asset: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """The file of an asset was replaced.

    Fires after file and asset were stored. The new file has a path of its own.
    Since Cockpit 0.12.1.

    Args:
        asset: The asset as it is now (object).
        old_asset: The asset as it was (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:222.

    Example:
        >>> @hookimpl
        ... async def cockpit_assets_updatefile(asset, old_asset, context):
        ...     context.log.info("redirect", old=old_asset["path"], new=asset["path"])
    """


@cockpit_event("cockpit.assets.find", noise=True)
def cockpit_assets_find(options: JSONObject | JSONArray | None, event: Event, context: PluginContext) -> None:
    """Assets are about to be listed.

    Fires before every listing of assets, over REST and in the admin.
    Since Cockpit 0.10.1.

    Args:
        options: `filter`, `sort`, `limit`, `skip`, `folder` (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:14.

    Example:
        >>> @hookimpl
        ... def cockpit_assets_find(options, context):
        ...     if "limit" not in options:
        ...         context.log.debug("all assets are listed")
    """


@cockpit_event("cockpit.assets.list", subjects=("assets/{assets[]._id}",), noise=True)
def cockpit_assets_list(assets: JSONArray | None, event: Event, context: PluginContext) -> None:
    """Assets were listed.

    Fires after every listing of assets, over REST and in the admin.

    Args:
        assets: All assets found (list; [] for none).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:20.

    Example:
        >>> @hookimpl
        ... def cockpit_assets_list(assets, event, context):
        ...     context.log.debug("assets listed", site=event.source, assets=len(assets))
    """


@cockpit_event("cockpit.assetsfolders.find.before", noise=True)
def cockpit_assetsfolders_find_before(options: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Folders of assets are about to be listed.

    Fires when the asset manager is viewed, and for its list of folders.
    Since Cockpit 0.10.1.

    Args:
        options: `filter`, `sort` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Assets.php:43,253.

    Example:
        >>> @hookimpl
        ... def cockpit_assetsfolders_find_before(options, context):
        ...     context.log.debug("folder opened", folder=options.get("filter", {}).get("_p") or "top")
    """


@cockpit_event("cockpit.media.upload")
def cockpit_media_upload(
    uploaded: JSONArray | None, failed: JSONArray | None, event: Event, context: PluginContext
) -> None:
    """Files were uploaded in the finder.

    Fires after the upload of files or of a folder, also when no file came: both lists are empty then.

    Args:
        uploaded: Absolute paths of the stored files (list; [] for none).
        failed: Absolute paths of the files that could not be stored (list; [] for none).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Media.php:129,181.

    Example:
        >>> @hookimpl
        ... def cockpit_media_upload(uploaded, failed, context):
        ...     scripts = [path for path in uploaded if path.endswith((".php", ".phar"))]
        ...     if scripts or failed:
        ...         context.log.warning("look at this upload", scripts=scripts, failed=failed)
    """


@cockpit_event("cockpit.media.removefiles")
def cockpit_media_removefiles(deletions: JSONArray | None, event: Event, context: PluginContext) -> None:
    """Files were deleted in the finder.

    Fires after the deletion. It lists what was asked for, whether or not it existed.

    Args:
        deletions: Absolute paths of files and folders (list; [] for none).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Media.php:239.

    Example:
        >>> @hookimpl
        ... def cockpit_media_removefiles(deletions, event, context):
        ...     context.log.info("deleted in the finder", paths=deletions, site=event.source)
    """


@cockpit_event("cockpit.media.rename")
def cockpit_media_rename(source: str | None, target: str | None, event: Event, context: PluginContext) -> None:
    """A file was renamed in the finder.

    Fires after the attempt, also when renaming failed.

    Args:
        source: Absolute path before (string).
        target: Absolute path after (string).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Media.php:272.

    Example:
        >>> @hookimpl
        ... def cockpit_media_rename(source, target, context):
        ...     context.log.info("renamed", old=source, new=target)
    """


# Accounts and authentication


@cockpit_event("cockpit.accounts.save", subjects=("accounts/{account._id}",))
def cockpit_accounts_save(
    account: JSONObject | None, is_update: bool | None, event: Event, context: PluginContext
) -> None:
    """An account is about to be stored.

    Fires before storage, from the admin and from the REST API. A new account has no `_id` yet. The bcrypt hash of its
    password and its API key are in it.
    Since Cockpit 0.8.2.

    Args:
        account: What is to be stored; on an update only the fields that were sent (object).
        is_update: True when the account came with an `_id` (bool).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Accounts.php:170, modules/Cockpit/Controller/RestApi.php:164.

    Example:
        >>> @hookimpl
        ... def cockpit_accounts_save(account, is_update, context):
        ...     if account.get("group") == "admin":
        ...         context.log.warning("an administrator", user=account.get("user"), new=not is_update)
    """


@cockpit_event("cockpit.authentication.success", subjects=("accounts/{user._id}",), noise=True)
def cockpit_authentication_success(user: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A login succeeded.

    Fires for a login in the admin and for authUser of the REST API. The account's API key is in it, its password is
    not.
    Since Cockpit 0.9.0 (before that: cockpit.account.login, which Cockpit's form still offers).

    Args:
        user: The account: `_id`, `user`, `name`, `email`, `group` … (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Auth.php:44, modules/Cockpit/Controller/RestApi.php:35.

    Example:
        >>> @hookimpl
        ... def cockpit_authentication_success(user, event, context):
        ...     context.log.info("login", user=user["user"], group=user["group"], site=event.source)
    """


@cockpit_event("cockpit.authentication.failed", noise=True)
def cockpit_authentication_failed(
    auth: JSONObject | str | None, reason: str | None, event: Event, context: PluginContext
) -> None:
    """A login failed.

    Fires for a login in the admin, with the plain-text password that was tried, and for authUser of the REST API, with
    the user's name as the only argument. In Cockpit 0.9 the first argument was the only one.
    Since Cockpit 0.9.0 (before that: cockpit.account.login).

    Args:
        auth: From the admin `user` and `password`, and `email` with an empty `user` when an address was typed (object);
            from the REST API the user (string).
        reason: Why; absent from the REST API (string).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Auth.php:32,50, modules/Cockpit/Controller/RestApi.php:31.

    Example:
        >>> from collections import Counter
        >>> failures = Counter()
        >>> @hookimpl
        ... async def cockpit_authentication_failed(auth, context):
        ...     who = auth if isinstance(auth, str) else auth.get("email") or auth["user"]
        ...     failures[who] += 1
        ...     if failures[who] > 5:
        ...         context.log.error("somebody is guessing", user=who, failures=failures[who])
    """


@cockpit_event("cockpit.account.logout", subjects=("accounts/{user._id}",), noise=True)
def cockpit_account_logout(user: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Somebody logged out.

    Fires before the session ends. The account's API key is in it.

    Args:
        user: The account: `_id`, `user`, `name`, `email`, `group` … (object; null when nobody was logged in).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/auth.php:76.

    Example:
        >>> @hookimpl
        ... def cockpit_account_logout(user, context):
        ...     if user is not None:
        ...         context.log.info("logout", user=user["user"])
    """


@cockpit_event("cockpit.auth.setuser", subjects=("accounts/{user._id}",), noise=True)
def cockpit_auth_setuser(
    user: bool | JSONObject | None, permanent: bool | None, event: Event, context: PluginContext
) -> None:
    """A request was given its user.

    Fires for every REST request, first with false for nobody, then again if an account's token came with it, and for
    each login. With an account's token the whole account is in it, password hash and API key included.
    Since Cockpit 0.8.3.

    Args:
        user: The account, or false for nobody (object or bool).
        permanent: True when the session keeps the user: a login (bool).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/auth.php:55.

    Example:
        >>> @hookimpl
        ... def cockpit_auth_setuser(user, permanent, context):
        ...     if user and not permanent:
        ...         context.log.info("the API is used by", user=user["user"])
    """


@cockpit_event("cockpit.accounts.disguise", subjects=("accounts/{account._id}",), noise=True)
def cockpit_accounts_disguise(account: JSONObject | None, event: Event, context: PluginContext) -> None:
    """An account is listed.

    Fires once per account in the admin's and the REST API's list of accounts, after password and API key were taken
    out.
    Since Cockpit 0.8.8.

    Args:
        account: The account: `user`, `name`, `email`, `group`, `active` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Accounts.php:256, modules/Cockpit/Controller/RestApi.php:209.

    Example:
        >>> @hookimpl
        ... def cockpit_accounts_disguise(account, context):
        ...     if not account.get("active"):
        ...         context.log.debug("an account that is not active", user=account["user"])
    """


@cockpit_event("cockpit.account.editview", subjects=("accounts/{account._id}",), noise=True)
def cockpit_account_editview(account: JSONObject | None, event: Event, context: PluginContext) -> None:
    """An account is viewed.

    Fires when the form of an account is drawn, also that of a new one. The API key is in it, the password is not.

    Args:
        account: The account: `user`, `name`, `email`, `group`, `active` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/accounts/account.php:110.

    Example:
        >>> @hookimpl
        ... def cockpit_account_editview(account, context):
        ...     context.log.info("an account is viewed" if account.get("_id") else "an account is about to be made")
    """


@cockpit_event("cockpit.account.fields", subjects=("accounts/{account._id}",), noise=True)
def cockpit_account_fields(
    fields: JSONObject | JSONArray | None, account: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """The further fields of an account's form are collected.

    Fires when the form of an account is viewed. The API key is in it, the password is not.
    Since Cockpit 0.8.8.

    Args:
        fields: What the configuration declares under account/fields (object or list; null for nothing).
        account: The account: `user`, `name`, `email`, `group`, `active` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Accounts.php:58,82.

    Example:
        >>> @hookimpl
        ... def cockpit_account_fields(fields, account, context):
        ...     context.log.debug("account form", user=account["user"], further_fields=len(fields or ()))
    """


@cockpit_event("cockpit.account.panel", subjects=("accounts/{account._id}",), noise=True)
def cockpit_account_panel(account: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The side panel of an account's form is drawn.

    Fires when the form of an account is viewed. The API key is in it, the password is not.
    Since Cockpit 0.8.8.

    Args:
        account: The account: `user`, `name`, `email`, `group`, `active` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/accounts/account.php:79.

    Example:
        >>> @hookimpl
        ... def cockpit_account_panel(account, event, context):
        ...     context.log.info("viewed", account=account["user"], site=event.source, at=event.received_at)
    """


# The REST API


@cockpit_event("cockpit.api.authenticate", noise=True)
def cockpit_api_authenticate(data: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A REST request came with no token, or with one that Cockpit did not accept.

    Fires before the request is refused. The rejected token is in it, in clear text. For public collections and
    singletons `authenticated` may be true all the same: Cockpit's own listeners have had their turn.

    Args:
        data: `token`, `authenticated`, `resource`, `query` (`path`, `parts`, `params`), `user` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/rest-api.php:105.

    Example:
        >>> @hookimpl
        ... def cockpit_api_authenticate(data, event, context):
        ...     if data["token"] and not data["authenticated"]:
        ...         context.log.warning("a token was refused", path=data["query"]["path"], site=event.source)
    """


@cockpit_event("cockpit.api.erroronrequest")
def cockpit_api_erroronrequest(route: str | None, message: str | None, event: Event, context: PluginContext) -> None:
    """A REST request failed with an exception.

    Fires when a REST controller throws an Exception; the client got 406. An Error or TypeError of PHP fires `error`
    instead; the client got 500.

    Args:
        route: The request's path (string).
        message: The exception's message (string).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/rest-api.php:149.

    Example:
        >>> @hookimpl
        ... def cockpit_api_erroronrequest(route, message, context):
        ...     context.log.error("the API failed", route=route, problem=message)
    """


@cockpit_event("cockpit.rest.init", noise=True)
def cockpit_rest_init(routes: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A REST request begins.

    Fires for every request under /api.

    Args:
        routes: By resource the name of its controller's class, {} for a closure (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/rest-api.php:18.

    Example:
        >>> @hookimpl
        ... def cockpit_rest_init(routes, context):
        ...     own = sorted(set(routes) - {"cockpit", "collections", "singletons", "forms"})
        ...     context.log.debug("REST resources of add-ons", resources=own)
    """


@cockpit_event("cockpit.rest.authenticate", noise=True, fires=False)
def cockpit_rest_authenticate(event: Event, context: PluginContext) -> None:
    """Never fires: `cockpit.api.authenticate` is the event that does.

    Cockpit's documentation lists the name; no version of Cockpit's code has it.

    Args:
        event: The event.
        context: The plugin's context.

    Source: nowhere in the history of Cockpit.

    Example:
        >>> @hookimpl
        ... def cockpit_api_authenticate(data, context):
        ...     context.log.info("a request without a valid token", resource=data["resource"])
    """


@cockpit_event("cockpit.rest.erroronrequest", noise=True, fires=False)
def cockpit_rest_erroronrequest(event: Event, context: PluginContext) -> None:
    """Never fires: `cockpit.api.erroronrequest` is the event that does.

    Cockpit's documentation lists the name; no version of Cockpit's code has it.

    Args:
        event: The event.
        context: The plugin's context.

    Source: nowhere in the history of Cockpit.

    Example:
        >>> @hookimpl
        ... def cockpit_api_erroronrequest(message, context):
        ...     context.log.info("a request failed", problem=message)
    """


@cockpit_event("cockpit.restadmin.top", noise=True)
def cockpit_restadmin_top(keys: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The top of the page of API keys is drawn.

    Fires when the page of API keys is viewed. The master key and all special keys are in it, in clear text.
    Since Cockpit 0.11.0.

    Args:
        keys: `master` (string) and `special` (list of `token`, `rules`, `info`) (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/restadmin/index.php:11.

    Example:
        >>> @hookimpl
        ... def cockpit_restadmin_top(event, context):
        ...     context.log.warning("the API keys are being viewed", site=event.source)
    """


@cockpit_event("cockpit.restadmin.main", noise=True)
def cockpit_restadmin_main(keys: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The main part of the page of API keys is drawn.

    Fires when the page of API keys is viewed. The master key and all special keys are in it, in clear text.
    Since Cockpit 0.11.0.

    Args:
        keys: `master` (string) and `special` (list of `token`, `rules`, `info`) (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/restadmin/index.php:77.

    Example:
        >>> @hookimpl
        ... def cockpit_restadmin_main(keys, context):
        ...     if any(key["rules"].strip() == "*" for key in keys["special"]):
        ...         context.log.warning("a special key may do everything")
    """


@cockpit_event("cockpit.restadmin.aside", noise=True)
def cockpit_restadmin_aside(keys: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The side of the page of API keys is drawn.

    Fires when the page of API keys is viewed. The master key and all special keys are in it, in clear text.
    Since Cockpit 0.11.0.

    Args:
        keys: `master` (string) and `special` (list of `token`, `rules`, `info`) (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/restadmin/index.php:89.

    Example:
        >>> @hookimpl
        ... def cockpit_restadmin_aside(keys, context):
        ...     context.log.info("API keys", purposes=[key["info"] for key in keys["special"]])
    """


# Maintenance


@cockpit_event("cockpit.clearcache")
def cockpit_clearcache(event: Event, context: PluginContext) -> None:
    """Cockpit's cache was cleared.

    Fires when somebody clears it on the system page, and on `cp flush`.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/bootstrap.php:56.

    Example:
        >>> @hookimpl
        ... async def cockpit_clearcache(event, context):
        ...     context.log.info("purge the CDN as well", site=event.source)
    """


@cockpit_event("cockpit.flush")
def cockpit_flush(event: Event, context: PluginContext) -> None:
    """`cp flush` has finished.

    Fires after cockpit.clearcache, on the command line only.
    Since Cockpit 0.8.8.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/cli/flush.php:24.

    Example:
        >>> @hookimpl
        ... def cockpit_flush(event, context):
        ...     context.log.info("flushed by hand", site=event.source, backend=event.backend)
    """


@cockpit_event("cockpit.export")
def cockpit_export(options: JSONObject | None, event: Event, context: PluginContext) -> None:
    """`cp export` has finished.

    Fires after the export, on the command line only, so `event.backend` is 0.
    Since Cockpit 0.6.0.

    Args:
        options: `target`: the folder (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/cli/export.php:34.

    Example:
        >>> @hookimpl
        ... def cockpit_export(options, context):
        ...     context.log.info("exported", folder=options["target"])
    """


@cockpit_event("cockpit.import")
def cockpit_import(options: JSONObject | None, event: Event, context: PluginContext) -> None:
    """`cp import` has finished.

    Fires after the import, on the command line only, so `event.backend` is 0. The imported entries fire no
    collections.* events: whoever keeps a copy has to fetch it anew.
    Since Cockpit 0.6.0.

    Args:
        options: `src`: the folder (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/cli/import.php:35.

    Example:
        >>> @hookimpl
        ... async def cockpit_import(options, event, context):
        ...     context.log.warning("index everything anew", site=event.source, imported_from=options["src"])
    """


@cockpit_event("cockpit.update.before")
def cockpit_update_before(update: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Cockpit is about to update itself.

    Fires when a super admin starts the update, before the download.
    Since Cockpit 0.5.5.

    Args:
        update: `package.json` and `zipfile` (URLs), `target` (the folder), `options` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Settings.php:72.

    Example:
        >>> @hookimpl
        ... def cockpit_update_before(update, context):
        ...     if not update["zipfile"].startswith("https://github.com/agentejo/"):
        ...         context.log.error("an update from elsewhere", url=update["zipfile"])
    """


@cockpit_event("cockpit.update.after")
def cockpit_update_after(update: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Cockpit has updated itself.

    Fires after a successful update. One that fails throws: `error` follows cockpit.update.before then.
    Since Cockpit 0.5.5.

    Args:
        update: `package.json` and `zipfile` (URLs), `target` (the folder), `options` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Settings.php:74.

    Example:
        >>> @hookimpl
        ... def cockpit_update_after(update, event, context):
        ...     context.log.warning("run the smoke tests", site=event.source, folder=update["target"])
    """


@cockpit_event("cockpit.filestorages.init", noise=True)
def cockpit_filestorages_init(storages: JSONObject | None, event: Event, context: PluginContext) -> None:
    """File storage is used for the first time in a request.

    Fires at most once per request: with every page of the admin, an upload, a removal, a thumbnail. The whole
    configuration of the file storages is in it: absolute paths and, if one is in a cloud, its credentials.
    Since Cockpit 0.6.0.

    Args:
        storages: By name its `adapter`, `args`, `mount` and `url` (object).
        event: The event.
        context: The plugin's context.

    Source: bootstrap.php:202.

    Example:
        >>> @hookimpl
        ... def cockpit_filestorages_init(storages, context):
        ...     for name, storage in storages.items():
        ...         context.log.debug("file storage", name=name, adapter=storage["adapter"])
    """


@cockpit_event("cockpit.webhook.events", noise=True)
def cockpit_webhook_events(triggers: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The webhook form's list of events is collected.

    Fires when the form of a webhook is viewed. The list is what the form completes: it has names that nothing fires
    (cockpit.account.login, shutdown) and literal ones such as collections.save.after.{$name}.
    Since Cockpit 0.8.9.

    Args:
        triggers: The names, under the keys "0", "1", "2" … (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Webhooks.php:77.

    Example:
        >>> @hookimpl
        ... def cockpit_webhook_events(triggers, context):
        ...     context.log.debug("events on offer", names=sorted(triggers.values()))
    """


@cockpit_event("cockpit.webhook")
def cockpit_webhook(webhook: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A webhook is about to be sent; the gateway refuses this event and calls no handler.

    Fires before each webhook is sent, this one included: every body holds the body before it, until PHP runs out of
    memory and the editor gets an error. The gateway answers 422; take the event out of Cockpit's webhook. URL, headers
    and credentials of all webhooks are in it.
    Since Cockpit 0.11.0.

    Args:
        webhook: `url`, `data` (the body, as text), `headers`, `auth` (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/webhooks.php:80.

    Example:
        >>> @hookimpl
        ... def cockpit_webhook(webhook, context):
        ...     context.log.error("not through this gateway", url=webhook["url"])
    """


# Requests


@cockpit_event("error")
def error(error: JSONObject | None, exception: JSONObject | None, event: Event, context: PluginContext) -> None:
    """An exception was not caught.

    Fires for requests and for `cp` commands. A REST controller's Exception fires cockpit.api.erroronrequest instead.
    Since Cockpit 0.8.11.

    Args:
        error: `message`, `file` (absolute path), `line` (object).
        exception: Always {}: PHP encodes no exception (object).
        event: The event.
        context: The plugin's context.

    Source: bootstrap.php:254, cp:40.

    Example:
        >>> @hookimpl
        ... def error(error, event, context):
        ...     context.log.error("Cockpit failed", problem=error["message"], file=error["file"], line=error["line"])
    """


@cockpit_event("cockpit.request.error")
def cockpit_request_error(status: str | None, event: Event, context: PluginContext) -> None:
    """An admin page answered 404 or 401.

    Fires for pages of the admin only, never for requests under /api.

    Args:
        status: "404" or "401" (string).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/admin.php:218,234.

    Example:
        >>> @hookimpl
        ... def cockpit_request_error(status, event, context):
        ...     if status == "401":
        ...         context.log.warning("somebody went where they may not", site=event.source)
    """


@cockpit_event("cockpit.bootstrap", noise=True)
def cockpit_bootstrap(event: Event, context: PluginContext) -> None:
    """Cockpit has booted.

    Fires for every request and every `cp` command; not for OPTIONS requests under /api, and not where Cockpit is
    included as a library, because nothing sends webhooks there.

    Args:
        event: The event.
        context: The plugin's context.

    Source: bootstrap.php:282.

    Example:
        >>> last_seen = {}
        >>> @hookimpl
        ... def cockpit_bootstrap(event):
        ...     last_seen[event.source] = event.received_at
    """


@cockpit_event("admin.init", noise=True)
def admin_init(event: Event, context: PluginContext) -> None:
    """A request is set up, before it runs.

    Fires for every HTTP request, REST included.

    Args:
        event: The event.
        context: The plugin's context.

    Source: index.php:54.

    Example:
        >>> from collections import Counter
        >>> requests = Counter()
        >>> @hookimpl
        ... async def admin_init(event):
        ...     requests[event.source] += 1
    """


@cockpit_event("before", noise=True)
def before(event: Event, context: PluginContext) -> None:
    """A request begins to run.

    Fires for every HTTP request. In its order of arrival it follows cockpit.rest.init, which fires within it.

    Args:
        event: The event.
        context: The plugin's context.

    Source: lib/Lime/App.php:835.

    Example:
        >>> @hookimpl
        ... def before(event, context):
        ...     context.log.debug("request", site=event.source, at=event.received_at)
    """


@cockpit_event("after", noise=True)
def after(event: Event, context: PluginContext) -> None:
    """A request has run.

    Fires at the end of most HTTP requests; not of one that stops early: 401, 412, a redirect, a logout, a failed
    authUser, a 404 of the public part.

    Args:
        event: The event.
        context: The plugin's context.

    Source: lib/Lime/App.php:842.

    Example:
        >>> @hookimpl
        ... def after(event, context):
        ...     context.log.debug("request over", site=event.source, at=event.received_at)
    """


@cockpit_event("shutdown", noise=True, fires=False)
def shutdown(event: Event, context: PluginContext) -> None:
    """Never arrives: by then Cockpit has sent its webhooks; `after` is the last event that does.

    Fires inside Cockpit when PHP shuts down, a request or a `cp` command. Cockpit's webhook form offers the name and
    accepts it all the same.

    Args:
        event: The event.
        context: The plugin's context.

    Source: lib/Lime/App.php:829, cp:31.

    Example:
        >>> @hookimpl
        ... def after(event, context):
        ...     context.log.debug("request over", site=event.source)
    """


# Pages


@cockpit_event("admin.dashboard.widgets", noise=True)
def admin_dashboard_widgets(widgets: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The dashboard's widgets were collected.

    Fires when the dashboard is viewed, once Cockpit's own widgets are in.

    Args:
        widgets: The widgets, under the keys "0", "1", "2" …, each with `name`, `content` (its HTML) and `area`
            (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Base.php:21.

    Example:
        >>> @hookimpl
        ... def admin_dashboard_widgets(widgets, context):
        ...     context.log.debug("dashboard", widgets=[widget["name"] for widget in widgets.values()])
    """


@cockpit_event("admin.dashboard.header", noise=True)
def admin_dashboard_header(event: Event, context: PluginContext) -> None:
    """The dashboard's header is drawn.

    Fires when the dashboard is viewed.
    Since Cockpit 0.8.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/base/dashboard.php:61.

    Example:
        >>> @hookimpl
        ... def admin_dashboard_header(event, context):
        ...     context.log.debug("dashboard", site=event.source)
    """


@cockpit_event("admin.dashboard.top", noise=True)
def admin_dashboard_top(event: Event, context: PluginContext) -> None:
    """The top of the dashboard is drawn.

    Fires when the dashboard is viewed.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/base/dashboard.php:74.

    Example:
        >>> from collections import Counter
        >>> views = Counter()
        >>> @hookimpl
        ... async def admin_dashboard_top(event):
        ...     views[event.source] += 1
    """


@cockpit_event("admin.dashboard.bottom", noise=True)
def admin_dashboard_bottom(event: Event, context: PluginContext) -> None:
    """The bottom of the dashboard is drawn.

    Fires when the dashboard is viewed.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/base/dashboard.php:108.

    Example:
        >>> @hookimpl
        ... def admin_dashboard_bottom(event, context):
        ...     context.log.debug("dashboard drawn", site=event.source, at=event.received_at)
    """


@cockpit_event("app.layout.header", noise=True)
def app_layout_header(event: Event, context: PluginContext) -> None:
    """The header of an admin page is drawn.

    Fires with every page of the admin that uses the app layout.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:43.

    Example:
        >>> from collections import Counter
        >>> pages = Counter()
        >>> @hookimpl
        ... async def app_layout_header(event):
        ...     pages[event.source] += 1
    """


@cockpit_event("app.layout.contentbefore", noise=True)
def app_layout_contentbefore(event: Event, context: PluginContext) -> None:
    """The content of an admin page is about to be drawn.

    Fires with every page of the admin that uses the app layout.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:221.

    Example:
        >>> @hookimpl
        ... def app_layout_contentbefore(event, context):
        ...     context.log.debug("page", site=event.source, webhook=event.hook)
    """


@cockpit_event("app.layout.contentafter", noise=True)
def app_layout_contentafter(event: Event, context: PluginContext) -> None:
    """The content of an admin page was drawn.

    Fires with every page of the admin that uses the app layout.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:223.

    Example:
        >>> @hookimpl
        ... def app_layout_contentafter(event, context):
        ...     context.log.debug("page", site=event.source, label=event.label)
    """


@cockpit_event("app.layout.footer", noise=True)
def app_layout_footer(event: Event, context: PluginContext) -> None:
    """The footer of an admin page is drawn.

    Fires with every page of the admin that uses the app layout.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:227.

    Example:
        >>> busy_until = {}
        >>> @hookimpl
        ... def app_layout_footer(event):
        ...     busy_until[event.source] = event.received_at + 600  # an editor was here within ten minutes
    """


@cockpit_event("app.login.header", noise=True)
def app_login_header(event: Event, context: PluginContext) -> None:
    """The header of the login page is drawn.

    Fires when the login page is viewed.
    Since Cockpit 0.8.8.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/login.php:40.

    Example:
        >>> @hookimpl
        ... def app_login_header(event, context):
        ...     context.log.debug("login page", site=event.source)
    """


@cockpit_event("app.login.footer", noise=True)
def app_login_footer(event: Event, context: PluginContext) -> None:
    """The footer of the login page is drawn.

    Fires when the login page is viewed.
    Since Cockpit 0.8.8.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/login.php:97.

    Example:
        >>> from collections import Counter
        >>> visits = Counter()
        >>> @hookimpl
        ... async def app_login_footer(event, context):
        ...     visits[event.source] += 1
        ...     if visits[event.source] % 1000 == 0:
        ...         context.log.warning("the login page is popular", site=event.source, visits=visits[event.source])
    """


@cockpit_event("app.render.view", noise=True)
def app_render_view(
    template: str | None, slots: JSONObject | JSONArray | None, event: Event, context: PluginContext
) -> None:
    """A view is rendered.

    Fires for every view. `slots` holds whatever the page shows, accounts, API keys and webhooks included.
    Since Cockpit 0.8.8.

    Args:
        template: Path of the template (string).
        slots: The page's variables (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: lib/Lime/App.php:523, lib/LimeExtra/App.php:94.

    Example:
        >>> @hookimpl
        ... def app_render_view(template, slots, context):
        ...     context.log.debug("rendered", template=template, variables=list(slots))
    """


@cockpit_event("app.render.view/{template}", noise=True)
def app_render_view_template(
    template: str | None, slots: JSONObject | JSONArray | None, event: Event, context: PluginContext
) -> None:
    """One particular view is rendered.

    Fires beside app.render.view, with the template in the event's name. For a page of the admin the layout follows:
    "cockpit:views/settings/index.php with cockpit:views/layouts/app.php".
    Since Cockpit 0.8.8.

    Args:
        template: Path of the template (string).
        slots: The page's variables (object; [] when empty).
        event: The event.
        context: The plugin's context.

    Source: lib/LimeExtra/App.php:97, lib/Lime/App.php:526.

    Example:
        >>> @hookimpl
        ... def app_render_view_template(template, context):
        ...     if template.startswith("cockpit:views/settings/"):
        ...         context.log.info("the settings are viewed", page=template.partition(" with ")[0])
    """


@cockpit_event("app.{controller}.init", noise=True)
def app_controller_init(controller: JSONValue, event: Event, context: PluginContext) -> None:
    """An admin page's controller is made; the event arrives as an undecodable one.

    Fires for every page of the admin, as app.cockpit.controller.base.init and so on. PHP cannot encode the controller,
    so that Cockpit posts an empty body, without a name: only `any_event` sees it, and only the URL tells what it was.
    Give its webhook a label of its own.

    Args:
        controller: The controller; it has never arrived.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/AuthController.php:34.

    Example:
        >>> @hookimpl
        ... def any_event(event, context):
        ...     if not event.body and event.label == "controllers":  # it is posted to /cockpit/<source>/controllers
        ...         context.log.debug("an admin page", site=event.source)
    """


@cockpit_event("cockpit.menu", noise=True)
def cockpit_menu(event: Event, context: PluginContext) -> None:
    """The menu is drawn.

    Fires with every page of the admin that uses the app layout.
    Since Cockpit 0.9.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:157.

    Example:
        >>> @hookimpl
        ... def cockpit_menu(event, context):
        ...     context.log.debug("menu", site=event.source)
    """


@cockpit_event("cockpit.menu.modules", noise=True)
def cockpit_menu_modules(event: Event, context: PluginContext) -> None:
    """The modules' part of the menu is drawn.

    Fires with every page of the admin that uses the app layout, if any module has an item in it.
    Since Cockpit 0.9.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:90.

    Example:
        >>> sites_with_modules = set()
        >>> @hookimpl
        ... def cockpit_menu_modules(event):
        ...     sites_with_modules.add(event.source)
    """


@cockpit_event("cockpit.menu.system", noise=True)
def cockpit_menu_system(event: Event, context: PluginContext) -> None:
    """The system's part of the menu is drawn.

    Fires with every page of the admin that uses the app layout.
    Since Cockpit 0.9.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:153.

    Example:
        >>> @hookimpl
        ... def cockpit_menu_system(event, context):
        ...     context.log.debug("system menu", site=event.source)
    """


@cockpit_event("cockpit.menu.main", noise=True)
def cockpit_menu_main(event: Event, context: PluginContext) -> None:
    """The main menu is drawn; up to Cockpit 0.9.2 only.

    Fires with every page of the admin. 0.9.3 removed it; cockpit.menu.modules is the nearest that it has.

    Args:
        event: The event.
        context: The plugin's context.

    Source: Cockpit 0.9.2 (gone since commit 97c374c4).

    Example:
        >>> @hookimpl
        ... def cockpit_menu_main(event, context):
        ...     context.log.warning("an old Cockpit, 0.9.2 or before", site=event.source)
    """


@cockpit_event("cockpit.menu.aside", noise=True)
def cockpit_menu_aside(event: Event, context: PluginContext) -> None:
    """The side menu is drawn; up to Cockpit 0.9.2 only.

    Fires with every page of the admin. 0.9.3 removed it; cockpit.menu.system is the nearest that it has, with
    cockpit.menu.

    Args:
        event: The event.
        context: The plugin's context.

    Source: Cockpit 0.9.2 (gone since commit 97c374c4).

    Example:
        >>> old_sites = set()
        >>> @hookimpl
        ... def cockpit_menu_aside(event):
        ...     old_sites.add(event.source)
    """


@cockpit_event("cockpit.search", noise=True)
def cockpit_search(query: str | None, list: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Somebody searched in the admin.

    Fires when something was typed into the admin's search, once Cockpit's modules have added what they found.

    Args:
        query: What was typed (string).
        list: What was found, under the keys "0", "1", "2" …, each with `icon`, `title` and `url`; {} for nothing
            (object).
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Base.php:60.

    Example:
        >>> @hookimpl
        ... def cockpit_search(query, list, context):
        ...     if not list:
        ...         context.log.info("searched in vain", text=query)
    """


@cockpit_event("cockpit.view.settings", noise=True)
def cockpit_view_settings(event: Event, context: PluginContext) -> None:
    """The settings page was drawn.

    Fires when /settings is viewed.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/index.php:68.

    Example:
        >>> @hookimpl
        ... def cockpit_view_settings(event, context):
        ...     context.log.info("the settings are viewed", site=event.source)
    """


@cockpit_event("cockpit.view.settings.item", noise=True)
def cockpit_view_settings_item(event: Event, context: PluginContext) -> None:
    """The tiles of the settings page were drawn.

    Fires when /settings is viewed.
    Since Cockpit 0.5.5.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/index.php:64.

    Example:
        >>> @hookimpl
        ... def cockpit_view_settings_item(event, context):
        ...     context.log.debug("settings tiles", site=event.source)
    """


@cockpit_event("cockpit.settings.infopage.main", noise=True)
def cockpit_settings_infopage_main(event: Event, context: PluginContext) -> None:
    """The system page's main part was drawn.

    Fires when /settings/info is viewed.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/info.php:149.

    Example:
        >>> @hookimpl
        ... def cockpit_settings_infopage_main(event, context):
        ...     context.log.info("the system page is viewed", site=event.source)
    """


@cockpit_event("cockpit.settings.infopage.main.menu", noise=True)
def cockpit_settings_infopage_main_menu(event: Event, context: PluginContext) -> None:
    """The tabs of the system page's main part were drawn.

    Fires when /settings/info is viewed.
    Since Cockpit 0.8.6.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/info.php:145.

    Example:
        >>> @hookimpl
        ... def cockpit_settings_infopage_main_menu(event, context):
        ...     context.log.debug("tabs of the system page", site=event.source)
    """


@cockpit_event("cockpit.settings.infopage.aside", noise=True)
def cockpit_settings_infopage_aside(event: Event, context: PluginContext) -> None:
    """The system page's side was drawn.

    Fires when /settings/info is viewed.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/info.php:161.

    Example:
        >>> @hookimpl
        ... def cockpit_settings_infopage_aside(event, context):
        ...     context.log.debug("side of the system page", site=event.source)
    """


@cockpit_event("cockpit.settings.infopage.aside.menu", noise=True)
def cockpit_settings_infopage_aside_menu(event: Event, context: PluginContext) -> None:
    """The menu at the system page's side was drawn.

    Fires when /settings/info is viewed.
    Since Cockpit 0.8.6.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/info.php:158.

    Example:
        >>> @hookimpl
        ... def cockpit_settings_infopage_aside_menu(event, context):
        ...     context.log.debug("side menu of the system page", site=event.source)
    """


# The gateway's own events: stored and delivered as Cockpit's are, to whoever names them; no pattern matches them


@gateway_event("gateway.target.failing", subjects=("targets/{plugin}/{target}",))
def gateway_target_failing(
    plugin: str | None,
    target: str | None,
    percent: int | None,
    reason: str | None,
    event: Event,
    context: PluginContext,
) -> None:
    """A target has done nothing but fail for a while, and will be disabled if that goes on.

    Fires when 25, 50 and 75 % of the time have passed after which the target is disabled. `event.source` is
    "gateway".

    Args:
        plugin: The plugin whose target it is ("webhook" for an endpoint).
        target: The target's name.
        percent: How much of the time has passed: 25, 50 or 75.
        reason: Why the last attempt failed.
        event: The event.
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... def gateway_target_failing(target, percent, context):
        ...     context.log.warning("somebody should look", endpoint=target, percent=percent)
    """


@gateway_event("gateway.target.disabled", subjects=("targets/{plugin}/{target}",))
def gateway_target_disabled(
    plugin: str | None, target: str | None, reason: str | None, event: Event, context: PluginContext
) -> None:
    """A target was disabled: it asked never to be called again, or did nothing but fail for too long.

    `event.source` is "gateway".

    Args:
        plugin: The plugin whose target it is ("webhook" for an endpoint).
        target: The target's name.
        reason: Why.
        event: The event.
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... def gateway_target_disabled(target, reason, context):
        ...     context.log.error("nothing is delivered there any more", endpoint=target, reason=reason)
    """


@gateway_event("gateway.target.looping", subjects=("targets/{plugin}/{target}",))
def gateway_target_looping(
    plugin: str | None, target: str | None, subject: str | None, times: int | None, event: Event, context: PluginContext
) -> None:
    """A loop is likely: again and again, an event about the same subject came right after its delivery.

    A receiver that writes to Cockpit makes Cockpit post an event, which is delivered to the receiver. Fires after 20
    times in a row, and after each further 20. `event.source` is "gateway".

    Args:
        plugin: The plugin whose target it is ("webhook" for an endpoint).
        target: The target's name.
        subject: What the events are about.
        times: How often in a row.
        event: The event.
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... def gateway_target_looping(target, subject, context):
        ...     context.log.warning("a loop?", endpoint=target, subject=subject)
    """


# Every event


@hookspec
def any_event(event: Event, context: PluginContext) -> None:
    """Any event arrived: also those that have a hook of their own, unknown ones, and undecodable ones.

    A handler: at least once, retried until it returns.

    Args:
        event: The event; `event.name` is "" when the body could not be decoded.
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... def any_event(event, context):
        ...     context.log.info("seen", name=event.name)
    """


@hookspec
def unknown_event(event: Event, context: PluginContext) -> None:
    """An event arrived whose name no hookspec covers: an add-on's, or one of a newer Cockpit.

    A handler: at least once, retried until it returns.

    Args:
        event: The event.
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... def unknown_event(event, context):
        ...     context.log.warning("no hook for it", name=event.name)
    """


# The gateway's own hooks


@hookspec
def gateway_started(context: PluginContext) -> None:
    """The gateway has opened its store and is about to accept events; open what the plugin needs.

    `def` or `async def`. An exception marks the plugin as broken; the gateway does not start with one.

    Args:
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... async def gateway_started(context):
        ...     context.log.info("ready")
    """


@hookspec
def gateway_stopping(context: PluginContext) -> None:
    """No attempt runs any more and the store is about to close; close what the plugin opened.

    `def` or `async def`. An exception is logged and does not hold up the exit.

    Args:
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... async def gateway_stopping(context):
        ...     context.log.info("bye")
    """


@hookspec
def delivery_settled(delivery: Delivery, attempt: Attempt, context: PluginContext) -> None:
    """An attempt ended, and what came of it is stored: for alerts, statistics, a log of your own.

    `def` or `async def`; called beside the work and in order, once: a call that fails is not repeated, and when more
    than 1,000 wait for this plugin, the newest are not told (`cockpit_gateway_hook_failures` counts them). For what
    must not get lost, implement the hook of an event, such as `gateway_target_disabled`.

    Args:
        delivery: The delivery as it is now: "pending" when it will be tried again, or at its end.
        attempt: The attempt, with what the target answered.
        context: The plugin's context.

    Example:
        >>> @hookimpl
        ... def delivery_settled(delivery, context):
        ...     if delivery.state == "dead":
        ...         context.log.error("given up", target=delivery.target, reason=delivery.reason)
    """


@hookspec
def filter_event(event: Event, context: PluginContext) -> Event | None:
    """Change or drop an event before it is stored; called for each event that is not ignored, one plugin after another.

    `def` only: it runs on the event loop between receipt and commit, so it has to be quick. An exception withholds
    the event's arguments (nothing unfiltered is stored) and keeps the event.

    Args:
        event: The event as the plugin before left it.
        context: The plugin's context.

    Returns:
        The changed event (`event.with_args(…)`), or None to leave it as it is.

    Raises:
        cockpit_gateway.Drop: to drop the event; a tombstone with the reason remains.

    Example:
        >>> @hookimpl
        ... def filter_event(event, context):
        ...     if event.collection == "drafts":
        ...         raise Drop("drafts are nobody's business")
    """


@hookspec
def register_events() -> Sequence[Callable[..., None]]:
    """Declare events of your own, or of a Cockpit add-on: each becomes a hook, known by name in the configuration.

    `def` only; called before anything else and without arguments, because the configuration may name the events.

    Returns:
        Functions that are marked with `cockpit_event` and written like the hookspecs of this file: the parameters are
        the event's arguments in their order, and `event` and `context`.

    Example:
        >>> @cockpit_event("shop.order.paid", subjects=("orders/{order._id}",))
        ... def shop_order_paid(order, event, context):
        ...     "An order was paid."
        >>> @hookimpl
        ... def register_events():
        ...     return [shop_order_paid]
    """
    return []


@hookspec
def register_routes(context: PluginContext) -> Sequence[RouteDef]:
    """Answer HTTP requests below `/plugins/<name>/`, at the address that Cockpit posts to.

    `def` only; called at start. The handlers run on the event loop. The bounds of `server` hold for them; nobody is
    authenticated: that is for the handlers, which anybody can reach who reaches the address.

    Args:
        context: The plugin's context.

    Returns:
        aiohttp's route definitions, their paths relative: "/status" is answered at `/plugins/<name>/status`.

    Example:
        >>> from aiohttp import web
        >>> @hookimpl
        ... def register_routes(context):
        ...     async def status(request):
        ...         return web.json_response({"cursor": await context.storage.get("cursor")})
        ...     return [web.get("/status", status)]
    """
    return []


@hookspec
def register_commands(context: PluginContext) -> Typer:
    """Add commands to the command line: `cockpit-gateway plugins run <name> …`.

    `def` only; called when such a command runs, in a process of its own. There are `context.config`, `log`, `clock` and
    `catalogue`, but neither `storage` nor `emit`, because the store is the daemon's: ask it by a route of your own.

    Args:
        context: The plugin's context.

    Returns:
        A typer application.

    Example:
        >>> import typer
        >>> @hookimpl
        ... def register_commands(context):
        ...     app = typer.Typer()
        ...     @app.command()
        ...     def reindex(collection: str):
        ...         print("indexing", collection, "at", context.config.url)
        ...     return app
    """
    raise NotImplementedError


@hookspec
def register_targets(context: PluginContext) -> Sequence[Target]:
    """Name the targets that this plugin delivers to, with the rules that the gateway keeps for each.

    `def` only; called at start, before the first event.

    Args:
        context: The plugin's context.

    Returns:
        The targets; names are unique within the plugin.

    Example:
        >>> @hookimpl
        ... def register_targets(context):
        ...     return [Target("broker", timeout=5.0, concurrency=1)]
    """
    return []


@hookspec
def plan_deliveries(event: Event, context: PluginContext) -> Sequence[Planned]:
    """Say which of the plugin's targets get this event.

    `def` only, and pure: it runs on the event loop between receipt and commit, and again if it failed or was late
    (then in the plugin's threads, as a delivery of its own).

    Args:
        event: The event as it will be stored.
        context: The plugin's context.

    Returns:
        One item per delivery; empty for none.

    Example:
        >>> @hookimpl
        ... def plan_deliveries(event, context):
        ...     return [Planned("broker")] if event.collection else []
    """
    return []


@hookspec
def explain_deliveries(event: Event, context: PluginContext) -> Sequence[Explained]:
    """Say of each of the plugin's targets whether it gets this event, and why, or why not: for `explain`.

    `def` only, and pure: it runs in the plugin's threads when somebody asks. Without it, `explain` tells what
    `plan_deliveries` says today, and no reasons.

    Args:
        event: The event, as it is stored.
        context: The plugin's context.

    Returns:
        One item per target; of a target that is left out no reason is told.

    Example:
        >>> @hookimpl
        ... def explain_deliveries(event, context):
        ...     if event.collection:
        ...         return [Explained("broker", planned=True, reason="the broker gets what is about a collection")]
        ...     return [Explained("broker", planned=False, reason="it is not about a collection")]
    """
    return []


@hookspec
def deliver(delivery: Delivery, event: Event, events: Sequence[Event], context: PluginContext) -> Response | None:
    """Make one attempt of a delivery that this plugin planned.

    `def` (in the plugin's threads) or `async def` (on the loop), within the target's time budget. Returning means
    delivered; any exception but `Reject` is retried on the target's schedule.

    Args:
        delivery: The delivery; `delivery.id` is the same on every attempt.
        event: The stored event.
        events: The events that the delivery carries, oldest first: just `event`, unless the target coalesces bursts
            into lists; then all of the burst, of which `event` is the newest.
        context: The plugin's context.

    Returns:
        What the target answered, to be kept with the attempt; None if there is nothing to keep.

    Raises:
        cockpit_gateway.Retry: to try again, after a delay of its own if it names one.
        cockpit_gateway.Reject: to give the delivery up.

    Example:
        >>> @hookimpl
        ... async def deliver(delivery, event, context):
        ...     context.log.info("sent", target=delivery.target, body=len(event.body))
    """


@hookspec
def preview_delivery(
    delivery: Delivery, event: Event, events: Sequence[Event], context: PluginContext
) -> RequestPreview | None:
    """Say what an attempt of a delivery would send now, for whoever looks at it; nothing is sent.

    `def` only. The stored event and today's settings make it, so that it may differ from what an earlier attempt sent.

    Args:
        delivery: The delivery; its target is one of today's.
        event: The stored event.
        events: The events that the delivery carries, oldest first; see `deliver`.
        context: The plugin's context.

    Returns:
        The request, with everything secret masked; None if there is nothing to show.

    Example:
        >>> @hookimpl
        ... def preview_delivery(delivery, event):
        ...     return RequestPreview("PUBLISH", f"broker/{delivery.target}", (), event.body)
    """
