# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "factory.nexus.internal/nexus/nexus" {
  version     = "0.1.0"
  constraints = "0.1.0"
  hashes = [
    "h1:DeP9RH5P7LuZMsdZvyL6TcvSxzxNhvOZhokgak3jETM=",
  ]
}
