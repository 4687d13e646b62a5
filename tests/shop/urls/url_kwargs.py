"""Section 5."""

from django.urls import include, path, re_path, register_converter
from django.urls.converters import get_converters
from rest_framework.routers import DefaultRouter, SimpleRouter

from tests.shop.views import url_kwargs as views


class YearConverter:
    """Four digits, an integer in the view."""

    regex = "[0-9]{4}"

    def to_python(self, value):
        return int(value)

    def to_url(self, value):
        return f"{int(value):04d}"


if "shop_year" not in get_converters():
    register_converter(YearConverter, "shop_year")

comments = DefaultRouter()
comments.include_root_view = False
comments.register("comments", views.DeepCommentViewSet, "deep")

router = SimpleRouter()
router.register("untyped", views.UntypedUUIDViewSet, "untyped")
router.register("extra", views.ExtraKwargViewSet, "extra")
router.register("people", views.PersonViewSet, "person")
router.register("mail", views.EmailViewSet, "mail")
router.register("paths", views.PathViewSet, "path")
router.register("numbered", views.LookupUrlKwargViewSet, "numbered")

converters = SimpleRouter(use_regex_path=False)
converters.register("by-int", views.ConverterLookupViewSet, "by-int")
converters.register("since-root", views.ExtraKwargViewSet, "since")

composite = views.CompositeViewSet.as_view({"get": "retrieve", "patch": "partial_update"})

urlpatterns = [
    path("mcp/", include("drf_mcp.urls")),
    path("projects/<slug:project_slug>/tasks/<int:task_pk>/", include(comments.urls)),
    *router.urls,
    *[pattern for pattern in converters.urls if "since-root" not in str(pattern.pattern) or "year" in str(pattern)],
    re_path(r"^composite/(?P<project__slug>[-\w]+)/(?P<slug>[-\w]+)/$", composite, name="composite"),
    re_path(
        r"^optional/(?:(?P<page>[0-9]+)/)?$",
        views.OptionalKwargViewSet.as_view({"get": "list"}),
        name="optional",
    ),
    path("parents/<int:pk>/children/", views.PkOnListViewSet.as_view({"get": "list"}), name="children"),
    path(
        "converted/<int:number>/<uuid:key>/<slug:word>/<shop_year:year>/<path:rest>",
        views.ConvertedViewSet.as_view({"get": "retrieve"}),
        name="converted",
    ),
    re_path(
        r"^twice/(?P<pk>[0-9]+)/",
        include([re_path(r"^again/(?P<pk>[0-9]+)/$", views.TwiceViewSet.as_view({"get": "retrieve"}), name="twice")]),
    ),
    path("of/<slug:project_slug>/", views.ParentLookupViewSet.as_view({"get": "list"}), name="of-parent"),
]
