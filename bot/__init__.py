"""The running program: settings, web server, worker, command line."""
