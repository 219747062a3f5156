"""The contract between Cockpit Gateway and its plugins: one typed function per hook.

A plugin implements any of these with `@cockpit_gateway.hookimpl`, under the same name, taking only the
parameters it wants, by name; parameters added later never break it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cockpit_gateway.contract import cockpit_event, hookspec
from cockpit_gateway.deliveries import Delivery, Response
from cockpit_gateway.events import Event, JSONArray, JSONObject, JSONValue
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.targets import Planned, Target

# Collections


@cockpit_event("collections.createcollection", subjects=("collections/{collection.name}",))
def collections_createcollection(collection: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A collection was created.

    Fires: on createCollection (REST or admin), after writing the definition.
    No per-name variant; not fired by renameCollection (code).

    Args:
        collection: object. The collection's definition.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:51.

    Example:
        >>> @hookimpl
        ... def collections_createcollection(collection, event, context):
        ...     context.log.info(event.name, collection=collection)
    """


@cockpit_event("collections.updatecollection", per_name=True, subjects=("collections/{collection.name}",))
def collections_updatecollection(collection: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A collection's definition was changed.

    Fires: on updateCollection.
    Whole merged definition, incl. acl and rules flags.
    Also as "collections.updatecollection.<collection>".

    Args:
        collection: object. The collection's definition.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:74, per name Collections/bootstrap.php:75.

    Example:
        >>> @hookimpl
        ... def collections_updatecollection(collection, event, context):
        ...     context.log.info(event.name, collection=collection)
    """


@cockpit_event("collections.removecollection", per_name=True, subjects=("collections/{name}",))
def collections_removecollection(name: str | None, event: Event, context: PluginContext) -> None:
    """A collection was removed, with its entries.

    Fires: after the definition and all entries are gone.
    Also as "collections.removecollection.<collection>".

    Args:
        name: string. Name of the collection.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:125, per name Collections/bootstrap.php:126.

    Example:
        >>> @hookimpl
        ... def collections_removecollection(name, context):
        ...     context.log.warning("collection is gone", collection=name)
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

    Fires: every find/findOne, incl. internal ones (admin entry view/save/export/trash, populate).
    Options is [] when empty; with an account token options.fieldsFilter.user is the whole account incl. password hash
    and api_key.
    Also as "collections.find.before.<collection>".

    Args:
        name: string. Name of the collection.
        options: object, [] when empty. The options.
        constant: bool. Always false.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:245, per name Collections/bootstrap.php:246.

    Example:
        >>> @hookimpl
        ... def collections_find_before(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("collections.find.after", per_name=True, subjects=("collections/{name}",), noise=True)
def collections_find_after(
    name: str | None, entries: JSONArray | None, constant: bool | None, event: Event, context: PluginContext
) -> None:
    """Entries were found.

    Fires: after find, populate and field filter.
    The FULL result list (a 14.4 MB listing gives 14.4 MB bodies); [] when nothing matched.
    Also as "collections.find.after.<collection>".

    Args:
        name: string. Name of the collection.
        entries: list, may be empty. The entries.
        constant: bool. Always false.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:272, per name Collections/bootstrap.php:273.

    Example:
        >>> @hookimpl
        ... def collections_find_after(name, entries, context):
        ...     context.log.debug("found", collection=name, entries=len(entries))
    """


@cockpit_event("collections.save.before", per_name=True, subjects=("collections/{name}/{entry._id}",))
def collections_save_before(
    name: str | None, entry: JSONObject | None, is_update: bool | None, event: Event, context: PluginContext
) -> None:
    """An entry is about to be stored.

    Fires: per entry, before storage.
    No _id on insert; password fields already bcrypt-hashed.
    Also as "collections.save.before.<collection>".

    Args:
        name: string. Name of the collection.
        entry: object. The entry.
        is_update: bool. True for an update, false for a new one.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:401, Collections/Controller/Import.php:58, per name
    Collections/bootstrap.php:402, per name Collections/Controller/Import.php:59.

    Example:
        >>> @hookimpl
        ... def collections_save_before(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("collections.save.after", per_name=True, subjects=("collections/{name}/{entry._id}",))
def collections_save_after(
    name: str | None, entry: JSONObject | None, is_update: bool | None, event: Event, context: PluginContext
) -> None:
    """An entry was stored.

    Fires: per entry, after storage (N events for N entries in one request).
    On update only the SENT fields (+_modified,_by), not the whole entry; fires even when the _id did not exist and
    nothing was stored (client got 404); Import.php sends isUpdate=false.
    Also as "collections.save.after.<collection>".

    Args:
        name: string. Name of the collection.
        entry: object. The entry.
        is_update: bool. True for an update, false for a new one.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:406, Collections/Controller/Import.php:63, per name
    Collections/bootstrap.php:407, per name Collections/Controller/Import.php:64.

    Example:
        >>> @hookimpl
        ... def collections_save_after(name, entry, is_update, context):
        ...     context.log.info("stored", collection=name, entry=entry["_id"], update=is_update)
    """


@cockpit_event("collections.remove.before", per_name=True, subjects=("collections/{name}",))
def collections_remove_before(
    name: str | None, criteria: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """Entries are about to be removed.

    Fires: once per remove call.
    The filter, not the removed entries.
    Also as "collections.remove.before.<collection>".

    Args:
        name: string. Name of the collection.
        criteria: object. The filter by which entries are removed, not the entries.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:437, per name Collections/bootstrap.php:438.

    Example:
        >>> @hookimpl
        ... def collections_remove_before(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("collections.remove.after", per_name=True, subjects=("collections/{name}",))
def collections_remove_after(
    name: str | None, result: int | JSONObject | None, event: Event, context: PluginContext
) -> None:
    r"""Entries were removed.

    Fires: once per remove call.
    MongoLite: int count (0 if none). On MongoDB the driver returns MongoDB\DeleteResult, which should come out as {}
    (code reading, not captured).
    Also as "collections.remove.after.<collection>".

    Args:
        name: string. Name of the collection.
        result: int. How many entries were removed; 0 if none matched.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/bootstrap.php:442, per name Collections/bootstrap.php:443.

    Example:
        >>> @hookimpl
        ... async def collections_remove_after(name, result, context):
        ...     if result:
        ...         context.log.info("removed", collection=name, entries=result)
    """


@cockpit_event("collections.reorder", per_name=True, subjects=("collections/{name}",))
def collections_reorder(name: str | None, entries: JSONArray | None, event: Event, context: PluginContext) -> None:
    """Entries were put in another order.

    Fires: admin drag & drop order.
    Only after tag 0.12.2 (tree says 0.12.2 too).
    Also as "collections.reorder.<collection>".
    Only newer than the tag 0.12.2.

    Args:
        name: string. Name of the collection.
        entries: list. The entries.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:401, per name Collections/Controller/Admin.php:402.

    Example:
        >>> @hookimpl
        ... def collections_reorder(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("collections.linkeditems", noise=True)
def collections_linkeditems(id: str | None, return_: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Linked entries are collected.

    Fires: admin linked-items overview.
    Since Cockpit 0.11.0.

    Args:
        id: string. The entry's id.
        return_: object, empty. What was found.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Utils.php:86.

    Example:
        >>> @hookimpl
        ... def collections_linkeditems(id, event, context):
        ...     context.log.info(event.name, id=id)
    """


@cockpit_event("collections.admin.find.before.{name}", subjects=("collections/{name}",), noise=True)
def collections_admin_find_before(options: JSONObject | JSONArray | None, event: Event, context: PluginContext) -> None:
    """The admin's list of entries is about to be searched.

    Fires: admin entry list.
    Exists ONLY as per-name event, the collection name is not in the args.
    Since Cockpit 0.9.3.

    Args:
        options: object, [] when empty. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:481.

    Example:
        >>> @hookimpl
        ... def collections_admin_find_before(options, event, context):
        ...     context.log.info(event.name, options=options)
    """


@cockpit_event("collections.admin.find.after.{name}", subjects=("collections/{name}",), noise=True)
def collections_admin_find_after(
    entries: JSONArray | None, options: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """The admin's list of entries was found.

    Fires: admin entry list.
    Exists ONLY as per-name event.
    Since Cockpit 0.9.3.

    Args:
        entries: list. The entries.
        options: object. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:483.

    Example:
        >>> @hookimpl
        ... def collections_admin_find_after(entries, event, context):
        ...     context.log.info(event.name, entries=entries)
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
    """The admin's text filter begins.

    Fires: text filter in the admin entry list.
    Since Cockpit 0.12.0.

    Args:
        collection: object. The collection's definition.
        filter: string. The filter.
        allowedtypes: list. Field types that are searched.
        criterias: list, empty. The criteria so far.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:552.

    Example:
        >>> @hookimpl
        ... def collections_admin_filter_before(collection, event, context):
        ...     context.log.info(event.name, collection=collection)
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
    """The admin's text filter looks at a field.

    Fires: once per field of the collection.
    Since Cockpit 0.12.0.

    Args:
        collection: object. The collection's definition.
        name: string. Name of the collection.
        field: object. The field's definition.
        filter: string. The filter.
        criterias: list. The criteria so far.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/Controller/Admin.php:598.

    Example:
        >>> @hookimpl
        ... def collections_admin_filter_field(collection, event, context):
        ...     context.log.info(event.name, collection=collection)
    """


@cockpit_event("collections.entries", subjects=("collections/{collection.name}",), noise=True)
def collections_entries(collection: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The admin's list of entries is drawn.

    Fires: view /collections/entries/NAME.
    Only after tag 0.12.2.
    Only newer than the tag 0.12.2.

    Args:
        collection: object. The collection's definition.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/views/partials/entries.php:693.

    Example:
        >>> @hookimpl
        ... def collections_entries(collection, event, context):
        ...     context.log.info(event.name, collection=collection)
    """


@cockpit_event("collections.settings.aside", noise=True)
def collections_settings_aside(event: Event, context: PluginContext) -> None:
    """A collection's definition is viewed.

    Fires: collection definition view.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/views/collection.php:86.

    Example:
        >>> @hookimpl
        ... def collections_settings_aside(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("collections.entry.aside", subjects=("collections/{name}",), noise=True)
def collections_entry_aside(name: str | None, event: Event, context: PluginContext) -> None:
    """An entry is viewed in the admin.

    Fires: entry view.
    Since Cockpit 0.7.2.

    Args:
        name: string. Name of the collection.
        event: The event.
        context: The plugin's context.

    Source: modules/Collections/views/entry.php:188.

    Example:
        >>> @hookimpl
        ... def collections_entry_aside(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


# Forms


@cockpit_event("forms.save.before", per_name=True, subjects=("forms/{name}/{entry._id}",))
def forms_save_before(name: str | None, entry: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A form's entry is about to be stored.

    Fires: form submit with save_entry (or forms:save).
    Entry = {data, _modified, _created}.
    Also as "forms.save.before.<form>".

    Args:
        name: string. Name of the form.
        entry: object. The entry.
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:207, per name Forms/bootstrap.php:208.

    Example:
        >>> @hookimpl
        ... def forms_save_before(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("forms.save.after", per_name=True, subjects=("forms/{name}/{entry._id}",))
def forms_save_after(name: str | None, entry: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A form's entry was stored.

    Fires: after storage.
    Entry with _id.
    Also as "forms.save.after.<form>".

    Args:
        name: string. Name of the form.
        entry: object. The entry.
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:212, per name Forms/bootstrap.php:213.

    Example:
        >>> @hookimpl
        ... def forms_save_after(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("forms.open.before", subjects=("forms/{name}",), noise=True)
def forms_open_before(name: str | None, options: JSONArray | None, event: Event, context: PluginContext) -> None:
    """A form is about to be opened in a template.

    Fires: on cockpit("forms")->open() in a template.
    Since Cockpit 0.12.0.

    Args:
        name: string. Name of the form.
        options: list, empty. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:245.

    Example:
        >>> @hookimpl
        ... def forms_open_before(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("forms.open.after", subjects=("forms/{name}",), noise=True)
def forms_open_after(name: str | None, options: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A form was opened in a template.

    Fires: on cockpit("forms")->open() in a template, after it.
    Contains the csrf hash.
    Since Cockpit 0.12.0.

    Args:
        name: string. Name of the form.
        options: object. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:260.

    Example:
        >>> @hookimpl
        ... def forms_open_after(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("forms.close.before", subjects=("forms/{name}",), noise=True)
def forms_close_before(name: str | None, options: JSONArray | None, event: Event, context: PluginContext) -> None:
    """A form is about to be closed in a template.

    Fires: on cockpit("forms")->close() in a template.
    Since Cockpit 0.12.0.

    Args:
        name: string. Name of the form.
        options: list, empty. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:266.

    Example:
        >>> @hookimpl
        ... def forms_close_before(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("forms.close.after", subjects=("forms/{name}",), noise=True)
def forms_close_after(name: str | None, options: JSONArray | None, event: Event, context: PluginContext) -> None:
    """A form was closed in a template.

    Fires: on cockpit("forms")->close() in a template, after it.
    Since Cockpit 0.12.0.

    Args:
        name: string. Name of the form.
        options: list, empty. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:268.

    Example:
        >>> @hookimpl
        ... def forms_close_after(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


@cockpit_event("forms.submit.before", subjects=("forms/{form}",))
def forms_submit_before(
    form: str | None,
    data: JSONObject | None,
    frm: JSONObject | None,
    options: JSONArray | None,
    event: Event,
    context: PluginContext,
) -> None:
    """A form was submitted.

    Fires: form submit.
    No per-name variant.
    Since Cockpit 0.6.2.

    Args:
        form: string. The form's name.
        data: object. The data.
        frm: object. The form's definition.
        options: list, empty. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:285.

    Example:
        >>> @hookimpl
        ... def forms_submit_before(form, event, context):
        ...     context.log.info(event.name, form=form)
    """


@cockpit_event("forms.submit.after", subjects=("forms/{form}",))
def forms_submit_after(
    form: str | None, data: JSONObject | None, frm: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """A submitted form was stored and mailed.

    Fires: form submit, after save and mail.
    No per-name variant; 3 args.
    Since Cockpit 0.6.2.

    Args:
        form: string. The form's name.
        data: object. The data.
        frm: object. The form's definition.
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/bootstrap.php:337.

    Example:
        >>> @hookimpl
        ... def forms_submit_after(form, data, context):
        ...     context.log.info("submitted", form=form, fields=sorted(data))
    """


@cockpit_event("forms.settings.aside", noise=True)
def forms_settings_aside(event: Event, context: PluginContext) -> None:
    """A form's definition is viewed.

    Fires: form definition view.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Forms/views/form.php:73.

    Example:
        >>> @hookimpl
        ... def forms_settings_aside(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


# Singletons


@cockpit_event("singleton.save.after", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_save_after(singleton: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A singleton's definition was stored.

    Fires: after a singleton DEFINITION was created or updated (not its data).
    Also as "singleton.save.after.<singleton>".
    Since Cockpit 0.6.0.

    Args:
        singleton: object. The singleton's definition.
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:53,82, per name Singletons/bootstrap.php:54,83.

    Example:
        >>> @hookimpl
        ... def singleton_save_after(singleton, event, context):
        ...     context.log.info(event.name, singleton=singleton)
    """


@cockpit_event("singleton.remove", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_remove(singleton: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A singleton was removed.

    Fires: after definition and data are removed.
    Also as "singleton.remove.<singleton>".
    Since Cockpit 0.6.0.

    Args:
        singleton: object. The singleton's definition.
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:106, per name Singletons/bootstrap.php:107.

    Example:
        >>> @hookimpl
        ... def singleton_remove(singleton, event, context):
        ...     context.log.info(event.name, singleton=singleton)
    """


@cockpit_event("singleton.saveData.before", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_save_data_before(
    singleton: JSONObject | None, data: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """A singleton's data is about to be stored.

    Fires: before the data is stored.
    Also as "singleton.saveData.before.<singleton>".
    Since Cockpit 0.6.0.

    Args:
        singleton: object. The singleton's definition.
        data: object. The data.
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:119, per name Singletons/bootstrap.php:120.

    Example:
        >>> @hookimpl
        ... def singleton_save_data_before(singleton, event, context):
        ...     context.log.info(event.name, singleton=singleton)
    """


@cockpit_event("singleton.saveData.after", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_save_data_after(
    singleton: JSONObject | None, data: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """A singleton's data was stored.

    Fires: after the data is stored.
    Data by value here.
    Also as "singleton.saveData.after.<singleton>".
    Since Cockpit 0.6.0.

    Args:
        singleton: object. The singleton's definition.
        data: object. The data.
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:124, per name Singletons/bootstrap.php:125.

    Example:
        >>> @hookimpl
        ... async def singleton_save_data_after(singleton, data, context):
        ...     context.log.info("stored", singleton=singleton["name"], fields=sorted(data))
    """


@cockpit_event("singleton.getData.after", per_name=True, subjects=("singletons/{singleton.name}",), noise=True)
def singleton_get_data_after(
    singleton: JSONObject | None, data: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """A singleton's data was read.

    Fires: every read of singleton data (REST get, admin form view, admin save when data carries _by).
    Never saved => every field null.
    Also as "singleton.getData.after.<singleton>".
    Since Cockpit 0.6.0.

    Args:
        singleton: object. The singleton's definition.
        data: object. The data.
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:171, per name Singletons/bootstrap.php:172.

    Example:
        >>> @hookimpl
        ... def singleton_get_data_after(singleton, event, context):
        ...     context.log.info(event.name, singleton=singleton)
    """


@cockpit_event("singleton.save.before", per_name=True, subjects=("singletons/{singleton.name}",))
def singleton_save_before(singleton: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A singleton's definition is about to be stored.

    Fires: before the definition is written.
    Also as "singleton.save.before.<singleton>".
    Since Cockpit 0.6.0.

    Args:
        singleton: object. The singleton's definition.
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/bootstrap.php:44,73, per name Singletons/bootstrap.php:45,74.

    Example:
        >>> @hookimpl
        ... def singleton_save_before(singleton, event, context):
        ...     context.log.info(event.name, singleton=singleton)
    """


@cockpit_event("singletons.settings.aside", noise=True)
def singletons_settings_aside(event: Event, context: PluginContext) -> None:
    """A singleton's definition is viewed.

    Fires: singleton definition view.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/views/singleton.php:68.

    Example:
        >>> @hookimpl
        ... def singletons_settings_aside(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("singletons.form.aside", subjects=("singletons/{name}",), noise=True)
def singletons_form_aside(name: str | None, event: Event, context: PluginContext) -> None:
    """A singleton's form is viewed.

    Fires: singleton form view.
    Since Cockpit 0.7.2.

    Args:
        name: string. Name of the singleton.
        event: The event.
        context: The plugin's context.

    Source: modules/Singletons/views/form.php:174.

    Example:
        >>> @hookimpl
        ... def singletons_form_aside(name, event, context):
        ...     context.log.info(event.name, name=name)
    """


# Assets and media


@cockpit_event("cockpit.media.upload")
def cockpit_media_upload(
    uploaded: JSONArray | None, failed: JSONArray | None, event: Event, context: PluginContext
) -> None:
    """Files were uploaded in the finder.

    Fires: finder upload / uploadfolder.
    Fires with [[],[]] when nothing was uploaded.

    Args:
        uploaded: list, may be empty. Absolute paths of the stored files.
        failed: list, empty. Absolute paths of the files that could not be stored.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Media.php:129,181.

    Example:
        >>> @hookimpl
        ... def cockpit_media_upload(uploaded, failed, context):
        ...     context.log.info("uploaded", files=len(uploaded), failures=len(failed))
    """


@cockpit_event("cockpit.media.removefiles")
def cockpit_media_removefiles(deletions: JSONArray | None, event: Event, context: PluginContext) -> None:
    """Files were deleted in the finder.

    Fires: finder delete.
    Lists the requested paths, whether or not they existed (code); files or folders; [[]] when none.

    Args:
        deletions: list, may be empty. Absolute paths that were asked to be deleted.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Media.php:239.

    Example:
        >>> @hookimpl
        ... def cockpit_media_removefiles(deletions, event, context):
        ...     context.log.info(event.name, deletions=deletions)
    """


@cockpit_event("cockpit.media.rename")
def cockpit_media_rename(source: str | None, target: str | None, event: Event, context: PluginContext) -> None:
    """A file was renamed in the finder.

    Fires: finder rename, after rename().
    Absolute paths; fires even if rename() failed (code).

    Args:
        source: string. Absolute path before.
        target: string. Absolute path after.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Media.php:272.

    Example:
        >>> @hookimpl
        ... def cockpit_media_rename(source, event, context):
        ...     context.log.info(event.name, source=source)
    """


@cockpit_event("cockpit.assets.list", subjects=("assets/{assets[]._id}",), noise=True)
def cockpit_assets_list(assets: JSONArray | None, event: Event, context: PluginContext) -> None:
    """Assets were listed.

    Fires: every asset listing (REST and admin), after the find.
    By value.

    Args:
        assets: list, may be empty. The assets.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:20.

    Example:
        >>> @hookimpl
        ... def cockpit_assets_list(assets, event, context):
        ...     context.log.info(event.name, assets=assets)
    """


@cockpit_event("cockpit.assets.save", subjects=("assets/{assets[]._id}",))
def cockpit_assets_save(assets: JSONArray | None, event: Event, context: PluginContext) -> None:
    """A batch of assets is about to be stored.

    Fires: after an upload, once per upload batch, BEFORE the insert into storage.
    So no _id yet on a fresh upload; also fires when the file of an asset is replaced (then with _id). Editing asset
    metadata fires only cockpit.asset.save.
    Since Cockpit 0.6.0.

    Args:
        assets: list. The assets.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:121.

    Example:
        >>> @hookimpl
        ... def cockpit_assets_save(assets, event, context):
        ...     context.log.info(event.name, assets=assets)
    """


@cockpit_event("cockpit.assets.remove", subjects=("assets/{assets[]._id}",))
def cockpit_assets_remove(assets: JSONArray | None, event: Event, context: PluginContext) -> None:
    """Assets were removed.

    Fires: after removal, one event for the whole batch.
    Since Cockpit 0.6.0.

    Args:
        assets: list. The assets.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:251.

    Example:
        >>> @hookimpl
        ... def cockpit_assets_remove(assets, context):
        ...     for asset in assets:
        ...         context.log.info("removed", path=asset["path"])
    """


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
    """One file of an upload arrived.

    Fires: per uploaded file.
    3 args in 0.9.0, 4 in 0.10.0, 5 since 0.11.0.
    Since Cockpit 0.8.4.

    Args:
        asset: object. The asset.
        meta: object, [] when empty. The upload's metadata.
        opts: object. The upload options.
        file: string. Path of the uploaded file.
        path: string. Path within the asset storage.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:97.

    Example:
        >>> @hookimpl
        ... def cockpit_asset_upload(asset, event, context):
        ...     context.log.info(event.name, asset=asset)
    """


@cockpit_event("cockpit.asset.save", subjects=("assets/{asset._id}",))
def cockpit_asset_save(asset: JSONObject | None, event: Event, context: PluginContext) -> None:
    """One asset is about to be stored.

    Fires: per asset on upload and on metadata update.
    Since Cockpit 0.8.4.

    Args:
        asset: object. The asset.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:115,269.

    Example:
        >>> @hookimpl
        ... def cockpit_asset_save(asset, event, context):
        ...     context.log.info(event.name, asset=asset)
    """


@cockpit_event("cockpit.assets.find", noise=True)
def cockpit_assets_find(options: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Assets are about to be listed.

    Fires: before every asset listing.
    Since Cockpit 0.10.1.

    Args:
        options: object. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:14.

    Example:
        >>> @hookimpl
        ... def cockpit_assets_find(options, event, context):
        ...     context.log.info(event.name, options=options)
    """


@cockpit_event("cockpit.assets.updatefile", subjects=("assets/{asset._id}",))
def cockpit_assets_updatefile(
    asset: JSONObject | None, old_asset: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """An asset's file was replaced.

    Fires: after replacing the file of an asset.
    Since Cockpit 0.12.1.

    Args:
        asset: object. The asset.
        old_asset: object. The asset as it was.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/assets.php:222.

    Example:
        >>> @hookimpl
        ... def cockpit_assets_updatefile(asset, event, context):
        ...     context.log.info(event.name, asset=asset)
    """


@cockpit_event("cockpit.assetsfolders.find.before", noise=True)
def cockpit_assetsfolders_find_before(options: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Asset folders are about to be listed.

    Fires: asset manager listing, folder list.
    Since Cockpit 0.10.1.

    Args:
        options: object. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Assets.php:43,253.

    Example:
        >>> @hookimpl
        ... def cockpit_assetsfolders_find_before(options, event, context):
        ...     context.log.info(event.name, options=options)
    """


# Accounts and authentication


@cockpit_event("cockpit.account.editview", subjects=("accounts/{account._id}",), noise=True)
def cockpit_account_editview(account: JSONObject | None, event: Event, context: PluginContext) -> None:
    """An account is viewed.

    Fires: view /accounts/account[/id] and /accounts/create.
    Password removed, api_key still inside.

    Args:
        account: object. The account.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/accounts/account.php:110.

    Example:
        >>> @hookimpl
        ... def cockpit_account_editview(account, event, context):
        ...     context.log.info(event.name, account=account)
    """


@cockpit_event("cockpit.account.fields", subjects=("accounts/{account._id}",), noise=True)
def cockpit_account_fields(
    fields: JSONArray | JSONObject | None, account: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """An account's further fields are collected.

    Fires: account view.
    Since Cockpit 0.8.8.

    Args:
        fields: null. Further fields.
        account: object. The account.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Accounts.php:58,82.

    Example:
        >>> @hookimpl
        ... def cockpit_account_fields(fields, event, context):
        ...     context.log.info(event.name, fields=fields)
    """


@cockpit_event("cockpit.account.panel", subjects=("accounts/{account._id}",), noise=True)
def cockpit_account_panel(account: JSONObject | None, event: Event, context: PluginContext) -> None:
    """An account's panel is drawn.

    Fires: account view.
    Since Cockpit 0.8.8.

    Args:
        account: object. The account.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/accounts/account.php:79.

    Example:
        >>> @hookimpl
        ... def cockpit_account_panel(account, event, context):
        ...     context.log.info(event.name, account=account)
    """


@cockpit_event("cockpit.account.logout", subjects=("accounts/{user._id}",), noise=True)
def cockpit_account_logout(user: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Somebody logged out.

    Fires: logout.
    Null when nobody was logged in; api_key inside.

    Args:
        user: object or null. The account.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/auth.php:76.

    Example:
        >>> @hookimpl
        ... def cockpit_account_logout(user, event, context):
        ...     context.log.info(event.name, user=user)
    """


@cockpit_event("cockpit.accounts.save", subjects=("accounts/{account._id}",))
def cockpit_accounts_save(
    account: JSONObject | None, is_update: bool | None, event: Event, context: PluginContext
) -> None:
    """An account is about to be stored.

    Fires: account save (admin or REST saveUser), before storage.
    Bcrypt hash, api_key.
    Since Cockpit 0.8.2.

    Args:
        account: object. The account.
        is_update: bool. True for an update, false for a new one.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Accounts.php:170, Cockpit/Controller/RestApi.php:164.

    Example:
        >>> @hookimpl
        ... def cockpit_accounts_save(account, event, context):
        ...     context.log.info(event.name, account=account)
    """


@cockpit_event("cockpit.accounts.disguise", subjects=("accounts/{account._id}",), noise=True)
def cockpit_accounts_disguise(account: JSONObject | None, event: Event, context: PluginContext) -> None:
    """An account is listed.

    Fires: once per account in listUsers / accounts find.
    Since Cockpit 0.8.8.

    Args:
        account: object. The account.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Accounts.php:256, Cockpit/Controller/RestApi.php:209.

    Example:
        >>> @hookimpl
        ... def cockpit_accounts_disguise(account, event, context):
        ...     context.log.info(event.name, account=account)
    """


@cockpit_event("cockpit.auth.setuser", subjects=("accounts/{user._id}",), noise=True)
def cockpit_auth_setuser(
    user: bool | JSONObject | None, permanent: bool | None, event: Event, context: PluginContext
) -> None:
    """A request has its user.

    Fires: every REST request ([false,false]) and each login / account token.
    Account token: whole account incl. password hash and api_key.
    Since Cockpit 0.8.3.

    Args:
        user: bool or object. The account.
        permanent: bool. True to keep the login in the session.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/module/auth.php:55.

    Example:
        >>> @hookimpl
        ... def cockpit_auth_setuser(user, event, context):
        ...     context.log.info(event.name, user=user)
    """


@cockpit_event("cockpit.authentication.failed", noise=True)
def cockpit_authentication_failed(
    auth: JSONObject | str | None, reason: str | None, event: Event, context: PluginContext
) -> None:
    """A login failed.

    Fires: failed login: admin (Auth.php:32,50) or REST authUser (RestApi.php:31).
    Admin form: {user,password[,email]} with the PLAIN TEXT password; REST: one string argument.
    Since Cockpit 0.9.0.

    Args:
        auth: object or string. What was tried: an object with user and password, or the user alone.
        reason: string. Why it failed; absent from the REST API.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Auth.php:32,50, Cockpit/Controller/RestApi.php:31.

    Example:
        >>> @hookimpl
        ... def cockpit_authentication_failed(auth, event, context):
        ...     user = auth if isinstance(auth, str) else auth["user"]
        ...     context.log.warning("login failed", user=user, source=event.source)
    """


@cockpit_event("cockpit.authentication.success", subjects=("accounts/{user._id}",), noise=True)
def cockpit_authentication_success(user: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A login succeeded.

    Fires: login ok / REST authUser ok.
    Api_key inside.
    Since Cockpit 0.9.0.

    Args:
        user: object. The account.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Auth.php:44, Cockpit/Controller/RestApi.php:35.

    Example:
        >>> @hookimpl
        ... def cockpit_authentication_success(user, context):
        ...     context.log.info("login", user=user["user"])
    """


# The REST API


@cockpit_event("cockpit.rest.init", noise=True)
def cockpit_rest_init(routes: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A REST request begins.

    Fires: every /api request, inside `before`.
    Object: resource => class name (or {} for a closure).

    Args:
        routes: object. Resource to controller class.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/rest-api.php:18.

    Example:
        >>> @hookimpl
        ... def cockpit_rest_init(routes, event, context):
        ...     context.log.info(event.name, routes=routes)
    """


@cockpit_event("cockpit.rest.authenticate", noise=True, fires=False)
def cockpit_rest_authenticate(event: Event, context: PluginContext) -> None:
    """Never fires: `cockpit.api.authenticate` is the event that does.

    The name does not occur in any commit of the repository (git log --all -S); the real event is
    cockpit.api.authenticate.

    Args:
        event: The event.
        context: The plugin's context.

    Source: nowhere in 0.12.2.

    Example:
        >>> @hookimpl
        ... def cockpit_rest_authenticate(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.rest.erroronrequest", noise=True, fires=False)
def cockpit_rest_erroronrequest(event: Event, context: PluginContext) -> None:
    """Never fires: `cockpit.api.erroronrequest` is the event that does.

    The name does not occur in any commit; the real event is cockpit.api.erroronrequest.

    Args:
        event: The event.
        context: The plugin's context.

    Source: nowhere in 0.12.2.

    Example:
        >>> @hookimpl
        ... def cockpit_rest_erroronrequest(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.api.authenticate", noise=True)
def cockpit_api_authenticate(data: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A REST token was not accepted, or absent.

    Fires: REST request whose token was not accepted (or absent).
    {token,authenticated,resource,query{path,parts,params},user}; the rejected token in clear text; authenticated may
    already be true for public collections/singletons.

    Args:
        data: object. The data.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/rest-api.php:105.

    Example:
        >>> @hookimpl
        ... def cockpit_api_authenticate(data, event, context):
        ...     context.log.info(event.name, data=data)
    """


@cockpit_event("cockpit.api.erroronrequest")
def cockpit_api_erroronrequest(route: str | None, message: str | None, event: Event, context: PluginContext) -> None:
    r"""A REST controller raised an exception.

    Fires: \Exception inside a REST controller (client gets 406).
    \Error/TypeError go to `error` instead (client gets 500).

    Args:
        route: string. The route.
        message: string. The exception's message.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/rest-api.php:149.

    Example:
        >>> @hookimpl
        ... def cockpit_api_erroronrequest(route, event, context):
        ...     context.log.info(event.name, route=route)
    """


@cockpit_event("cockpit.restadmin.top", noise=True)
def cockpit_restadmin_top(keys: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The top of the REST keys page is drawn.

    Fires: view /restadmin.
    The REST master key and all special keys in clear text.
    Since Cockpit 0.11.0.

    Args:
        keys: object. The REST API keys.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/restadmin/index.php:11.

    Example:
        >>> @hookimpl
        ... def cockpit_restadmin_top(keys, event, context):
        ...     context.log.info(event.name, keys=keys)
    """


@cockpit_event("cockpit.restadmin.main", noise=True)
def cockpit_restadmin_main(keys: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The REST keys page is drawn.

    Fires: view /restadmin.
    Same.
    Since Cockpit 0.11.0.

    Args:
        keys: object. The REST API keys.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/restadmin/index.php:77.

    Example:
        >>> @hookimpl
        ... def cockpit_restadmin_main(keys, event, context):
        ...     context.log.info(event.name, keys=keys)
    """


@cockpit_event("cockpit.restadmin.aside", noise=True)
def cockpit_restadmin_aside(keys: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The side of the REST keys page is drawn.

    Fires: view /restadmin.
    Same.
    Since Cockpit 0.11.0.

    Args:
        keys: object. The REST API keys.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/restadmin/index.php:89.

    Example:
        >>> @hookimpl
        ... def cockpit_restadmin_aside(keys, event, context):
        ...     context.log.info(event.name, keys=keys)
    """


# Maintenance


@cockpit_event("cockpit.filestorages.init", noise=True)
def cockpit_filestorages_init(storages: JSONObject | None, event: Event, context: PluginContext) -> None:
    """File storage is used for the first time in a request.

    Fires: lazily, the first time $app->filestorage is used in a request (every admin page layout, asset upload/remove,
    thumbnails); at most once per request.
    Contains the whole `filestorage` config: absolute paths, and (from bootstrap.php:147-200, not captured) adapter
    constructor args, so cloud credentials if configured.
    Since Cockpit 0.6.0.

    Args:
        storages: object. The file storages.
        event: The event.
        context: The plugin's context.

    Source: bootstrap.php:202.

    Example:
        >>> @hookimpl
        ... def cockpit_filestorages_init(storages, event, context):
        ...     context.log.info(event.name, storages=storages)
    """


@cockpit_event("cockpit.bootstrap", noise=True)
def cockpit_bootstrap(event: Event, context: PluginContext) -> None:
    """A request or `cp` command has booted.

    Fires: end of bootstrap of EVERY PHP request and every `cp` command.
    Not delivered for OPTIONS requests under /api (index.php exits before run()) and not when Cockpit is embedded as a
    library.

    Args:
        event: The event.
        context: The plugin's context.

    Source: bootstrap.php:282.

    Example:
        >>> @hookimpl
        ... def cockpit_bootstrap(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.update.before")
def cockpit_update_before(update: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Cockpit is about to update itself.

    Fires: GET /settings/update (super admin) before download.
    Since Cockpit 0.5.5.

    Args:
        update: object. What is installed.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Settings.php:72.

    Example:
        >>> @hookimpl
        ... def cockpit_update_before(update, event, context):
        ...     context.log.info(event.name, update=update)
    """


@cockpit_event("cockpit.update.after")
def cockpit_update_after(update: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Cockpit has updated itself.

    Fires: after a successful update.
    A failing update throws: update.before, then `error`, no update.after.
    Since Cockpit 0.5.5.

    Args:
        update: object. What is installed.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Settings.php:74.

    Example:
        >>> @hookimpl
        ... def cockpit_update_after(update, event, context):
        ...     context.log.info(event.name, update=update)
    """


@cockpit_event("cockpit.clearcache")
def cockpit_clearcache(event: Event, context: PluginContext) -> None:
    """The cache was cleared.

    Fires: on cockpit:clearCache from settings/info, or `cp flush`.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/bootstrap.php:56.

    Example:
        >>> @hookimpl
        ... async def cockpit_clearcache(event, context):
        ...     context.log.info("purge the cache of this site", source=event.source)
    """


@cockpit_event("cockpit.export")
def cockpit_export(options: JSONObject | None, event: Event, context: PluginContext) -> None:
    """`cp export` has finished.

    Fires: `cp export --target DIR`, after the export.
    Backend is 0.
    Since Cockpit 0.6.0.

    Args:
        options: object. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/cli/export.php:34.

    Example:
        >>> @hookimpl
        ... def cockpit_export(options, event, context):
        ...     context.log.info(event.name, options=options)
    """


@cockpit_event("cockpit.import")
def cockpit_import(options: JSONObject | None, event: Event, context: PluginContext) -> None:
    """`cp import` has finished.

    Fires: `cp import --src DIR`, after the import.
    Backend is 0; imported entries fire no collections.* events.
    Since Cockpit 0.6.0.

    Args:
        options: object. The options.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/cli/import.php:35.

    Example:
        >>> @hookimpl
        ... def cockpit_import(options, event, context):
        ...     context.log.info(event.name, options=options)
    """


@cockpit_event("cockpit.flush")
def cockpit_flush(event: Event, context: PluginContext) -> None:
    """`cp flush` was run.

    Fires: `cp flush`.
    Since Cockpit 0.8.8.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/cli/flush.php:24.

    Example:
        >>> @hookimpl
        ... def cockpit_flush(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.request.error")
def cockpit_request_error(status: str | None, event: Event, context: PluginContext) -> None:
    """An admin page answered 404 or 401.

    Fires: 404/401 page of the ADMIN part.
    Never for /api requests (admin.php is not loaded there).

    Args:
        status: string. "404" or "401".
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/admin.php:218,234.

    Example:
        >>> @hookimpl
        ... def cockpit_request_error(status, event, context):
        ...     context.log.info(event.name, status=status)
    """


@cockpit_event("cockpit.search", noise=True)
def cockpit_search(query: str | None, list: JSONObject | None, event: Event, context: PluginContext) -> None:
    """Somebody searches in the admin.

    Fires: admin search.

    Args:
        query: string. What was searched.
        list: object. What was found.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Base.php:60.

    Example:
        >>> @hookimpl
        ... def cockpit_search(query, event, context):
        ...     context.log.info(event.name, query=query)
    """


@cockpit_event("cockpit.webhook.events", noise=True)
def cockpit_webhook_events(triggers: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The webhook form's list of events is collected.

    Fires: view /webhooks/webhook.
    The autocomplete list (contains literals like collections.save.after.{$name}, and cockpit.account.login which no
    code triggers).

    Args:
        triggers: object. The list that the admin offers for completion.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Webhooks.php:77.

    Example:
        >>> @hookimpl
        ... def cockpit_webhook_events(triggers, event, context):
        ...     context.log.info(event.name, triggers=triggers)
    """


@cockpit_event("cockpit.webhook")
def cockpit_webhook(webhook: JSONObject | None, event: Event, context: PluginContext) -> None:
    """A webhook is about to be sent; the gateway refuses this event.

    Fires: before each webhook is sent.
    {url,data,headers,auth}: secrets of ALL webhooks; subscribing to it starts an endless loop, see surprises.
    Since Cockpit 0.11.0.

    Args:
        webhook: object. url, data, headers and auth of the webhook that is about to be sent.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/webhooks.php:80.

    Example:
        >>> @hookimpl
        ... def cockpit_webhook(webhook, event, context):
        ...     context.log.info(event.name, webhook=webhook)
    """


# Requests


@cockpit_event("admin.init", noise=True)
def admin_init(event: Event, context: PluginContext) -> None:
    """A request is set up, before it runs.

    Fires: every HTTP request, before run().

    Args:
        event: The event.
        context: The plugin's context.

    Source: index.php:54.

    Example:
        >>> @hookimpl
        ... def admin_init(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("before", noise=True)
def before(event: Event, context: PluginContext) -> None:
    """A request begins to run.

    Fires: every HTTP request, start of run().
    Webhook copy is queued after cockpit.rest.init.

    Args:
        event: The event.
        context: The plugin's context.

    Source: lib/Lime/App.php:835.

    Example:
        >>> @hookimpl
        ... def before(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("after", noise=True)
def after(event: Event, context: PluginContext) -> None:
    """A request has run.

    Fires: end of run().
    Missing whenever the request ends in stop()/reroute(): 401, 404 public, 412, redirects, logout, authUser failure.

    Args:
        event: The event.
        context: The plugin's context.

    Source: lib/Lime/App.php:842.

    Example:
        >>> @hookimpl
        ... def after(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("shutdown", noise=True, fires=False)
def shutdown(event: Event, context: PluginContext) -> None:
    """Never arrives: PHP shuts down.

    Fires: PHP shutdown.
    NEVER delivered, see surprises.

    Args:
        event: The event.
        context: The plugin's context.

    Source: lib/Lime/App.php:829, cp:31.

    Example:
        >>> @hookimpl
        ... def shutdown(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("error")
def error(error: JSONObject | None, exception: JSONObject | None, event: Event, context: PluginContext) -> None:
    """An exception was not caught.

    Fires: uncaught exception (HTTP and cp CLI).
    Error={message,file,line} with absolute paths; exception is always {}.
    Since Cockpit 0.8.11.

    Args:
        error: object. message, file and line.
        exception: object, empty. Always {}: PHP encodes no exception.
        event: The event.
        context: The plugin's context.

    Source: bootstrap.php:254, cp:40.

    Example:
        >>> @hookimpl
        ... def error(error, context):
        ...     context.log.error("Cockpit failed", problem=error["message"], line=error["line"])
    """


# Pages


@cockpit_event("admin.dashboard.widgets", noise=True)
def admin_dashboard_widgets(widgets: JSONObject | None, event: Event, context: PluginContext) -> None:
    """The dashboard collects its widgets.

    Fires: GET / and /cockpit/dashboard while logged in.
    Each widget holds its rendered HTML in "content"; webhooks see the list after the core modules (prio 100) filled it.

    Args:
        widgets: object. The widgets, each with its rendered HTML.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/Controller/Base.php:21.

    Example:
        >>> @hookimpl
        ... def admin_dashboard_widgets(widgets, event, context):
        ...     context.log.info(event.name, widgets=widgets)
    """


@cockpit_event("admin.dashboard.top", noise=True)
def admin_dashboard_top(event: Event, context: PluginContext) -> None:
    """The top of the dashboard is drawn.

    Fires: dashboard view.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/base/dashboard.php:74.

    Example:
        >>> @hookimpl
        ... def admin_dashboard_top(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("admin.dashboard.bottom", noise=True)
def admin_dashboard_bottom(event: Event, context: PluginContext) -> None:
    """The bottom of the dashboard is drawn.

    Fires: dashboard view.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/base/dashboard.php:108.

    Example:
        >>> @hookimpl
        ... def admin_dashboard_bottom(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("app.layout.header", noise=True)
def app_layout_header(event: Event, context: PluginContext) -> None:
    """The header of an admin page is drawn.

    Fires: every page using the app layout.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:43.

    Example:
        >>> @hookimpl
        ... def app_layout_header(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.menu.aside", noise=True)
def cockpit_menu_aside(event: Event, context: PluginContext) -> None:
    """The side menu is drawn; only up to 0.9.2.

    Fires: never since 0.9.3.
    Removed in 0.9.3 (commit 97c374c4, 2019-08-15). Nearest successor: cockpit.menu.system (+ cockpit.menu); captured
    from 0.9.2.

    Args:
        event: The event.
        context: The plugin's context.

    Source: nowhere in 0.12.2.

    Example:
        >>> @hookimpl
        ... def cockpit_menu_aside(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.menu.main", noise=True)
def cockpit_menu_main(event: Event, context: PluginContext) -> None:
    """The main menu is drawn; only up to 0.9.2.

    Fires: never since 0.9.3.
    Removed in 0.9.3 (commit 97c374c4). Nearest successor: cockpit.menu.modules; captured from 0.9.2.

    Args:
        event: The event.
        context: The plugin's context.

    Source: nowhere in 0.12.2.

    Example:
        >>> @hookimpl
        ... def cockpit_menu_main(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("app.layout.contentbefore", noise=True)
def app_layout_contentbefore(event: Event, context: PluginContext) -> None:
    """What precedes an admin page's content is drawn.

    Fires: every page using the app layout.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:221.

    Example:
        >>> @hookimpl
        ... def app_layout_contentbefore(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("app.layout.contentafter", noise=True)
def app_layout_contentafter(event: Event, context: PluginContext) -> None:
    """What follows an admin page's content is drawn.

    Fires: every page using the app layout.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:223.

    Example:
        >>> @hookimpl
        ... def app_layout_contentafter(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("app.layout.footer", noise=True)
def app_layout_footer(event: Event, context: PluginContext) -> None:
    """The footer of an admin page is drawn.

    Fires: every page using the app layout.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:227.

    Example:
        >>> @hookimpl
        ... def app_layout_footer(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.view.settings.item", noise=True)
def cockpit_view_settings_item(event: Event, context: PluginContext) -> None:
    """The items of the settings page are drawn.

    Fires: view /settings.
    Since Cockpit 0.5.5.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/index.php:64.

    Example:
        >>> @hookimpl
        ... def cockpit_view_settings_item(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.view.settings", noise=True)
def cockpit_view_settings(event: Event, context: PluginContext) -> None:
    """The settings page is drawn.

    Fires: view /settings.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/index.php:68.

    Example:
        >>> @hookimpl
        ... def cockpit_view_settings(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("app.{controller}.init", noise=True)
def app_controller_init(controller: JSONValue, event: Event, context: PluginContext) -> None:
    """An admin controller is made; its body is always empty.

    Fires: every admin controller, e.g. app.cockpit.controller.base.init, app.collections.controller.admin.init.
    Json_encode fails with "Recursion detected": ALWAYS an empty body (Content-Length: 0).

    Args:
        controller: (not captured). The controller; never arrives.
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/AuthController.php:34.

    Example:
        >>> @hookimpl
        ... def app_controller_init(controller, event, context):
        ...     context.log.info(event.name, controller=controller)
    """


@cockpit_event("app.render.view", noise=True)
def app_render_view(
    template: str | None, slots: JSONObject | JSONArray | None, event: Event, context: PluginContext
) -> None:
    """A view is rendered.

    Fires: every view().
    Slots can hold anything the page shows (accounts, API keys, webhooks).
    Since Cockpit 0.8.8.

    Args:
        template: string. Path of the template.
        slots: object, [] when empty. The page's variables.
        event: The event.
        context: The plugin's context.

    Source: lib/Lime/App.php:523, lib/LimeExtra/App.php:94.

    Example:
        >>> @hookimpl
        ... def app_render_view(template, event, context):
        ...     context.log.info(event.name, template=template)
    """


@cockpit_event("app.render.view/{template}", noise=True)
def app_render_view_template(
    template: str | None, slots: JSONObject | None, event: Event, context: PluginContext
) -> None:
    """One particular view is rendered.

    Fires: per template, beside `app.render.view`.
    For admin pages the name ends in " with cockpit:views/layouts/app.php".
    Since Cockpit 0.8.8.

    Args:
        template: string. Path of the template.
        slots: object. The page's variables.
        event: The event.
        context: The plugin's context.

    Source: lib/LimeExtra/App.php:97 (lib/Lime/App.php:526).

    Example:
        >>> @hookimpl
        ... def app_render_view_template(template, event, context):
        ...     context.log.info(event.name, template=template)
    """


@cockpit_event("app.login.header", noise=True)
def app_login_header(event: Event, context: PluginContext) -> None:
    """The header of the login page is drawn.

    Fires: login page.
    Since Cockpit 0.8.8.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/login.php:40.

    Example:
        >>> @hookimpl
        ... def app_login_header(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("app.login.footer", noise=True)
def app_login_footer(event: Event, context: PluginContext) -> None:
    """The footer of the login page is drawn.

    Fires: login page.
    Since Cockpit 0.8.8.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/login.php:97.

    Example:
        >>> @hookimpl
        ... def app_login_footer(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("admin.dashboard.header", noise=True)
def admin_dashboard_header(event: Event, context: PluginContext) -> None:
    """The header of the dashboard is drawn.

    Fires: dashboard view.
    Since Cockpit 0.8.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/base/dashboard.php:61.

    Example:
        >>> @hookimpl
        ... def admin_dashboard_header(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.menu", noise=True)
def cockpit_menu(event: Event, context: PluginContext) -> None:
    """The menu is drawn.

    Fires: app layout.
    Since 0.9.3.
    Since Cockpit 0.9.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:157.

    Example:
        >>> @hookimpl
        ... def cockpit_menu(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.menu.modules", noise=True)
def cockpit_menu_modules(event: Event, context: PluginContext) -> None:
    """The modules' menu is drawn.

    Fires: app layout, if there is any module menu entry.
    Since 0.9.3.
    Since Cockpit 0.9.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:90.

    Example:
        >>> @hookimpl
        ... def cockpit_menu_modules(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.menu.system", noise=True)
def cockpit_menu_system(event: Event, context: PluginContext) -> None:
    """The system menu is drawn.

    Fires: app layout.
    Since 0.9.3.
    Since Cockpit 0.9.3.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/layouts/app.php:153.

    Example:
        >>> @hookimpl
        ... def cockpit_menu_system(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.settings.infopage.main", noise=True)
def cockpit_settings_infopage_main(event: Event, context: PluginContext) -> None:
    """The info page is drawn.

    Fires: view /settings/info.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/info.php:149.

    Example:
        >>> @hookimpl
        ... def cockpit_settings_infopage_main(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.settings.infopage.main.menu", noise=True)
def cockpit_settings_infopage_main_menu(event: Event, context: PluginContext) -> None:
    """The info page's menu is drawn.

    Fires: view /settings/info.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/info.php:145.

    Example:
        >>> @hookimpl
        ... def cockpit_settings_infopage_main_menu(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.settings.infopage.aside", noise=True)
def cockpit_settings_infopage_aside(event: Event, context: PluginContext) -> None:
    """The info page's side is drawn.

    Fires: view /settings/info.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/info.php:161.

    Example:
        >>> @hookimpl
        ... def cockpit_settings_infopage_aside(event, context):
        ...     context.log.info(event.name, source=event.source)
    """


@cockpit_event("cockpit.settings.infopage.aside.menu", noise=True)
def cockpit_settings_infopage_aside_menu(event: Event, context: PluginContext) -> None:
    """The info page's side menu is drawn.

    Fires: view /settings/info.

    Args:
        event: The event.
        context: The plugin's context.

    Source: modules/Cockpit/views/settings/info.php:158.

    Example:
        >>> @hookimpl
        ... def cockpit_settings_infopage_aside_menu(event, context):
        ...     context.log.info(event.name, source=event.source)
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
def deliver(delivery: Delivery, event: Event, context: PluginContext) -> Response | None:
    """Make one attempt of a delivery that this plugin planned.

    `def` (in the plugin's threads) or `async def` (on the loop), within the target's time budget. Returning means
    delivered; any exception but `Reject` is retried on the target's schedule.

    Args:
        delivery: The delivery; `delivery.id` is the same on every attempt.
        event: The stored event.
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
