from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.traffic"
    label = "traffic"
