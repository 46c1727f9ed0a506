"""The commands, grouped. Each imports what it needs only when it runs: `brokerlink --help` stays fast."""
