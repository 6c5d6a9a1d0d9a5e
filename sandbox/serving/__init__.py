"""What every simulated platform is served with: sockets, time, chance, faults and a journal."""
