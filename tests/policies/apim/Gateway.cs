// What policy expressions see of API Management (learn.microsoft.com/azure/api-management/api-management-policy-expressions),
// and a loop: {"expression": number, "context": {...}} on one line in, {"value": ...} or {"error": ...} on one line out.
using System;
using System.Collections.Generic;
using System.Linq;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

public interface IMessageBody { T As<T>(bool preserveContent = false); }

public interface IResponse {
  int StatusCode { get; }
  IReadOnlyDictionary<string, string[]> Headers { get; }
  IMessageBody Body { get; }
}

public class Jwt {
  public IReadOnlyDictionary<string, string[]> Claims;
  public string Subject { get { return Claims.GetValueOrDefault("sub", null); } }
}

public class Body : IMessageBody {
  public string Text;
  public bool Consumed;
  public T As<T>(bool preserveContent = false) {
    if (Consumed) { throw new InvalidOperationException("the body was read before"); }
    Consumed = !preserveContent;
    return (T)(typeof(T) == typeof(string) ? (object)Text : JToken.Parse(Text));
  }
}

public class Response : IResponse {
  public Body Message;
  public int StatusCode { get; set; }
  public IReadOnlyDictionary<string, string[]> Headers { get; set; }
  public IMessageBody Body { get { return Message; } }
}

public class Request {
  public IReadOnlyDictionary<string, string[]> Headers;
  public string IpAddress;
  public Body Message;
  public IMessageBody Body { get { return Message; } }
}

public class Operation { public string UrlTemplate; }

public class LastError { public string Source, Reason, Message, Section, PolicyId; }

public class Context {
  public Guid RequestId;
  public Request Request;
  public Operation Operation;
  public IResponse Response;
  public LastError LastError;
  public IReadOnlyDictionary<string, object> Variables;
}

public static class Extensions {
  public static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> values, string name, string otherwise) {
    string[] found;
    return values.TryGetValue(name, out found) ? string.Join(",", found) : otherwise;
  }

  public static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> values, string name, T otherwise) {
    object found;
    return values.TryGetValue(name, out found) ? (T)found : otherwise;
  }
}

public static class Program {
  static Dictionary<string, string[]> Strings(JToken json) {
    return new Dictionary<string, string[]>(json.ToObject<Dictionary<string, string[]>>(), StringComparer.OrdinalIgnoreCase);
  }

  static Response ToResponse(JToken json) {
    return new Response {
      StatusCode = (int)json["status"],
      Headers = Strings(json["headers"]),
      Message = ToBody(json)
    };
  }

  static Body ToBody(JToken json) {
    return new Body { Text = (string)json["body"], Consumed = (bool)json["consumed"] };
  }

  static object ToVariable(JToken json) {
    switch (json.Type) {
      case JTokenType.Null: return null;
      case JTokenType.Integer: return (int)json;
      case JTokenType.Boolean: return (bool)json;
      case JTokenType.String: return (string)json;
      default: return json["claims"] == null ? (object)ToResponse(json) : new Jwt { Claims = json["claims"].ToObject<Dictionary<string, string[]>>() };
    }
  }

  static JObject Answer(JObject line) {
    var json = line["context"];
    var variables = ((JObject)json["variables"]).Properties().ToDictionary(v => v.Name, v => ToVariable(v.Value));
    var context = new Context {
      RequestId = Guid.Parse((string)json["requestId"]),
      Request = new Request {
        Headers = Strings(json["request"]["headers"]),
        IpAddress = (string)json["request"]["ip"],
        Message = json["request"]["body"].Type == JTokenType.Null ? null : ToBody(json["request"])
      },
      Operation = new Operation { UrlTemplate = (string)json["operation"] },
      Response = json["response"].Type == JTokenType.Null ? null : ToResponse(json["response"]),
      LastError = json["error"].ToObject<LastError>(),
      Variables = variables
    };
    var answer = new JObject();
    try {
      var value = Expressions.All[(int)line["expression"]](context);
      answer["value"] = value == null ? null : JToken.FromObject(value);
    } catch (Exception error) {
      answer["error"] = error.GetType().Name + ": " + error.Message;
    }
    answer["request"] = context.Request.Message != null && context.Request.Message.Consumed;
    answer["consumed"] = new JArray(variables.Where(v => v.Value is Response && ((Response)v.Value).Message.Consumed).Select(v => v.Key));
    return answer;
  }

  public static void Main() {
    Console.SetOut(new System.IO.StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false)));
    string line;
    while ((line = Console.In.ReadLine()) != null) {
      Console.Out.WriteLine(Answer(JObject.Parse(line)).ToString(Formatting.None));
      Console.Out.Flush();
    }
  }
}
