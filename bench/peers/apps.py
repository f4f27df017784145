from django.apps import AppConfig


class Config(AppConfig):
    name = "bench.peers"
    label = "peers"
