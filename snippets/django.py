# settings.py of Django 5: OPTIONS go to psycopg, and from there to libpq. Without them it connects with `prefer`.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "{host}",
        "PORT": "{port}",
        "USER": "{user}",
        "NAME": "{dbname}",
        "OPTIONS": {
            "sslmode": "verify-full",
            "sslrootcert": "{file}",
        },
    }
}
