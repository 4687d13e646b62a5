"""What the code behind an endpoint takes from its request, found in its source.

DRF knows what serializers, filters and paginators take, but nothing of what an ``@action``, a ``perform_create`` or a
``get_queryset`` looks up in ``request.data`` and ``request.query_params``. That code is read once, when the catalog is
built, and never run.

**How.** A function is run over *kinds* instead of values (``function``): a name stands for the request, the body, the
query, the view, a serializer or something else, and after a branch for all that it may be. Each thing that is done with
such a kind is noted in a ``Reading`` (``found``): a key that is taken, a part that is read in a way which has no names,
a serializer that is made from the body. What a function calls is a ``Call``, without the class that it will run in, so
that one reading serves every class. ``following`` then goes the calls of one class as they would run: by its MRO and
``super()``, through decorators, properties and helper functions. ``endpoint`` puts together what an endpoint is made
of: the handler, ``initial``, permissions, throttles, filter backends, the paginator and the serializer.

**The principle.** What is not followed means open: where a kind goes to code that is not seen, or under a name that is
not known, the tool takes any argument. A form that is not understood can so make a tool say less, but nothing wrong.

**What opens.** A loop over the body, a computed key, ``**request.data``, the body in a call of anything but a function
with a source; the request, or an object that has it, in the hands of code without a source, kept in an attribute, put
in a list.

**What is knowingly not seen.** Django's and DRF's own code (``library``) reads what serializers, filters and paginators
describe, so it is only led through; but a part of the request that it is given by hand opens that part. Permissions,
throttles and serializers hand their request to helpers all the time, to ask for a right or to build an address: the
names that they read themselves count, the handing on does not, else hardly a tool of a real project were closed. What
middleware and ``handle_exception`` read is not looked for.

**Overrides** (``overrides``) asks the opposite: what of a known method still holds under a project's own. There a few
forms are certain, such as input that goes to ``super()`` unchanged, and everything else means that nothing is known.
"""
