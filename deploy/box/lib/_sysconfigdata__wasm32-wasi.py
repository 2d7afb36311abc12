"""What sysconfig is asked for in a box: where the time zones are."""
build_time_vars = {"TZPATH": "/lib/zoneinfo", "prefix": "/", "exec_prefix": "/", "py_version_short": "3.11"}
