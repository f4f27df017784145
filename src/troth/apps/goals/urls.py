"""Goals in the office."""

from django.urls import path

from . import views

urlpatterns = [
    path("office/visits/goals/", views.goals_page, name="office-goals"),
    path("office/visits/goals/add/", views.goal_add, name="office-goal-add"),
    path("office/visits/goals/<int:pk>/remove/", views.goal_remove, name="office-goal-remove"),
    path("office/visits/funnels/add/", views.funnel_add, name="office-funnel-add"),
    path("office/visits/funnels/<int:pk>/remove/", views.funnel_remove, name="office-funnel-remove"),
]
