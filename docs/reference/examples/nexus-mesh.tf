terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

resource "nexus_mesh" "alpha" {
  name       = "alpha"
  definition = <<-KDL
    mesh "alpha" version=1 {
        member "hello"
        hello-interval-ms 1000
        heartbeat-interval-ms 5000
    }
  KDL
  nodes      = ["n-0", "n-1"]
}
