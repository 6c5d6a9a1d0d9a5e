"""What every connector to a platform with a REST API needs: transport, credentials, settings, mapping."""
