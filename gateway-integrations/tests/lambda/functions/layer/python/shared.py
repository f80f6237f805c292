GREETING = "from the layer"
