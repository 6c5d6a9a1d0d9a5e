"""Requests, replies and the sockets between them."""
