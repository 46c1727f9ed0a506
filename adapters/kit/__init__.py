"""What all brokerages share: cards, requests and answers, paging, signing in, the loop, the sandbox."""
