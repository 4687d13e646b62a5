"""A class of the same name as one in another module."""

from rest_framework import viewsets
from rest_framework.response import Response


class ReportViewSet(viewsets.ViewSet):
    def list(self, request):
        return Response({"report": "of the reports"})
