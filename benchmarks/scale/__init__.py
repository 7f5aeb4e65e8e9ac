"""Whether several replicas behind one proxy keep what one promises; nothing here is part of it."""
