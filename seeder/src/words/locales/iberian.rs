//! Spanish and Portuguese: Spain, Portugal, Brazil.
//!
//! No range of telephone numbers that is set apart for fiction is known: numbers stand behind +999, a
//! country code that the ITU's list of E.164 codes gives to no country and no service.

use fake::locales::{Data, PT_BR, PT_PT};

use super::{Names, Source, place};

#[rustfmt::skip]
pub(super) const SPAIN: Source = Source {
    tag: "es-ES",
    country: "ES",
    calling_code: "34",
    weight: 7,
    given: Names::Plain(&[SPANISH_GIVEN]),
    family: Names::Plain(&[SPANISH_FAMILIES]),
    full_name: "{g} {f}",
    street_line: "{s}, {n}",
    streets: &["Calle Mayor", "Calle Real", "Avenida de la Constitución", "Calle del Sol", "Plaza de España", "Calle de la Iglesia", "Paseo del Prado", "Calle Nueva", "Calle San José", "Avenida de Andalucía", "Calle Cervantes", "Calle de las Flores", "Calle Goya", "Ronda de Sant Pere", "Calle Ancha", "Camino Viejo"],
    places: &[
        place("Madrid", ("Comunidad de Madrid", "MD"), "Europe/Madrid", (40_417, -3_704), ("280##", "+999 34 91 555 ####")),
        place("Barcelona", ("Cataluña", "CT"), "Europe/Madrid", (41_385, 2_173), ("080##", "+999 34 93 555 ####")),
        place("Valencia", ("Comunidad Valenciana", "VC"), "Europe/Madrid", (39_470, -376), ("460##", "+999 34 96 555 ####")),
        place("Sevilla", ("Andalucía", "AN"), "Europe/Madrid", (37_389, -5_984), ("410##", "+999 34 95 555 ####")),
        place("Zaragoza", ("Aragón", "AR"), "Europe/Madrid", (41_649, -889), ("500##", "+999 34 97 555 ####")),
        place("Málaga", ("Andalucía", "AN"), "Europe/Madrid", (36_721, -4_421), ("290##", "+999 34 95 555 ####")),
        place("Bilbao", ("País Vasco", "PV"), "Europe/Madrid", (43_263, -2_935), ("480##", "+999 34 94 555 ####")),
        place("Murcia", ("Región de Murcia", "MC"), "Europe/Madrid", (37_992, -1_131), ("300##", "+999 34 96 555 ####")),
        place("Las Palmas de Gran Canaria", ("Canarias", "CN"), "Atlantic/Canary", (28_124, -15_430), ("350##", "+999 34 92 555 ####")),
        place("Palma", ("Islas Baleares", "IB"), "Europe/Madrid", (39_570, 2_650), ("070##", "+999 34 97 555 ####")),
    ],
    titles: &["Sr.", "Sra.", "Dr.", "Dra."],
    company_forms: &["S.L.", "S.A.", "e Hijos", "Grupo"],
    domains: &["es.example", "correo.example"],
};

#[rustfmt::skip]
const SPANISH_GIVEN: &[&str] = &["Lucía", "Hugo", "Sofía", "Mateo", "Martina", "Martín", "María", "Lucas", "Julia", "Leo", "Paula", "Daniel", "Valeria", "Alejandro", "Emma", "Manuel", "Daniela", "Pablo", "Carla", "Álvaro", "Alma", "Adrián", "Olivia", "Enzo", "Sara", "Mario", "Carmen", "Diego", "Vega", "David", "Lara", "Oliver", "Mía", "Marcos", "Valentina", "Thiago", "Jimena", "Marco", "Noa", "Álex", "Claudia", "Javier", "Alba", "Antonio", "Ana", "Miguel", "Triana", "Gonzalo", "Laia", "Juan", "Elena", "Sergio", "Irene", "Jorge", "Inés", "Carlos", "Rocío", "Ángel", "Nuria", "Íñigo", "Beatriz", "Rubén", "Marta", "Víctor", "Pilar", "Andrés", "Cristina", "Óscar", "Isabel", "Raúl", "Begoña", "Jaime", "Montserrat", "Joaquín", "Teresa", "Ramón", "Rosario", "Fernando", "Ainhoa", "Iker"];

#[rustfmt::skip]
const SPANISH_FAMILIES: &[&str] = &["García", "Rodríguez", "González", "Fernández", "López", "Martínez", "Sánchez", "Pérez", "Gómez", "Martín", "Jiménez", "Hernández", "Ruiz", "Díaz", "Moreno", "Muñoz", "Álvarez", "Romero", "Gutiérrez", "Alonso", "Navarro", "Torres", "Domínguez", "Ramos", "Vázquez", "Ramírez", "Gil", "Serrano", "Morales", "Molina", "Blanco", "Suárez", "Castro", "Ortega", "Delgado", "Ortiz", "Marín", "Rubio", "Núñez", "Medina", "Sanz", "Castillo", "Iglesias", "Cortés", "Garrido", "Santos", "Guerrero", "Lozano", "Cano", "Cruz", "Méndez", "Flores", "Prieto", "Herrera", "Peña", "León", "Márquez", "Cabrera", "Gallego", "Calvo", "Vidal", "Campos", "Reyes", "Vega", "Fuentes", "Carrasco", "Aguilar", "Caballero", "Nieto", "Santana", "Vargas", "Pascual", "Giménez", "Hidalgo", "Montero", "Lorenzo", "Ibáñez", "Herrero", "Ferrer", "Arias"];

#[rustfmt::skip]
pub(super) const PORTUGAL: Source = Source {
    tag: "pt-PT",
    country: "PT",
    calling_code: "351",
    weight: 2,
    given: Names::Plain(&[PT_PT::NAME_FIRST_NAME]),
    family: Names::Plain(&[PT_PT::NAME_LAST_NAME]),
    full_name: "{g} {f}",
    street_line: "{s} {n}",
    streets: &["Rua da Liberdade", "Rua Augusta", "Avenida da República", "Rua das Flores", "Rua de Santa Catarina", "Travessa do Carmo", "Largo do Rossio", "Rua do Comércio", "Avenida dos Aliados", "Rua da Escola", "Rua do Sol", "Rua Camões"],
    places: &[
        place("Lisboa", ("Lisboa", "11"), "Europe/Lisbon", (38_722, -9_139), ("1###-001", "+999 351 21 555 ###")),
        place("Porto", ("Porto", "13"), "Europe/Lisbon", (41_158, -8_629), ("4###-001", "+999 351 22 555 ###")),
        place("Braga", ("Braga", "03"), "Europe/Lisbon", (41_545, -8_427), ("47##-001", "+999 351 25 555 ###")),
        place("Coimbra", ("Coimbra", "06"), "Europe/Lisbon", (40_203, -8_410), ("30##-001", "+999 351 23 555 ###")),
        place("Aveiro", ("Aveiro", "01"), "Europe/Lisbon", (40_641, -8_654), ("38##-001", "+999 351 23 555 ###")),
        place("Faro", ("Faro", "08"), "Europe/Lisbon", (37_019, -7_930), ("80##-001", "+999 351 28 555 ###")),
        place("Setúbal", ("Setúbal", "15"), "Europe/Lisbon", (38_524, -8_893), ("29##-001", "+999 351 26 555 ###")),
        place("Ponta Delgada", ("Açores", "20"), "Atlantic/Azores", (37_741, -25_676), ("95##-001", "+999 351 29 555 ###")),
    ],
    titles: &["Sr.", "Sra.", "Dr.", "Dra."],
    company_forms: &["Lda.", "S.A.", "e Filhos"],
    domains: &["pt.example", "apartado.example"],
};

#[rustfmt::skip]
pub(super) const BRAZIL: Source = Source {
    tag: "pt-BR",
    country: "BR",
    calling_code: "55",
    weight: 6,
    given: Names::Plain(&[PT_BR::NAME_FIRST_NAME]),
    family: Names::Plain(&[BRAZILIAN_FAMILIES, PT_BR::NAME_LAST_NAME]),
    full_name: "{g} {f}",
    street_line: "{s}, {n}",
    streets: &["Rua das Palmeiras", "Avenida Brasil", "Rua Sete de Setembro", "Rua XV de Novembro", "Avenida Paulista", "Rua das Acácias", "Rua São José", "Avenida Getúlio Vargas", "Rua Tiradentes", "Rua da Paz", "Travessa das Flores", "Rua Bela Vista", "Avenida Beira Mar", "Rua do Comércio"],
    places: &[
        place("São Paulo", ("São Paulo", "SP"), "America/Sao_Paulo", (-23_551, -46_633), ("01###-000", "+999 55 11 555 ####")),
        place("Rio de Janeiro", ("Rio de Janeiro", "RJ"), "America/Sao_Paulo", (-22_907, -43_173), ("20###-000", "+999 55 21 555 ####")),
        place("Belo Horizonte", ("Minas Gerais", "MG"), "America/Sao_Paulo", (-19_917, -43_935), ("30###-000", "+999 55 31 555 ####")),
        place("Brasília", ("Distrito Federal", "DF"), "America/Sao_Paulo", (-15_794, -47_882), ("70###-000", "+999 55 61 555 ####")),
        place("Salvador", ("Bahia", "BA"), "America/Bahia", (-12_971, -38_501), ("40###-000", "+999 55 71 555 ####")),
        place("Fortaleza", ("Ceará", "CE"), "America/Fortaleza", (-3_732, -38_527), ("60###-000", "+999 55 85 555 ####")),
        place("Recife", ("Pernambuco", "PE"), "America/Recife", (-8_048, -34_877), ("50###-000", "+999 55 81 555 ####")),
        place("Porto Alegre", ("Rio Grande do Sul", "RS"), "America/Sao_Paulo", (-30_035, -51_218), ("90###-000", "+999 55 51 555 ####")),
        place("Curitiba", ("Paraná", "PR"), "America/Sao_Paulo", (-25_429, -49_271), ("80###-000", "+999 55 41 555 ####")),
        place("Manaus", ("Amazonas", "AM"), "America/Manaus", (-3_119, -60_022), ("69###-000", "+999 55 92 555 ####")),
    ],
    titles: &["Sr.", "Sra.", "Dr.", "Dra."],
    company_forms: &["Ltda.", "S.A.", "ME", "e Filhos"],
    domains: &["br.example", "correio.example"],
};

#[rustfmt::skip]
const BRAZILIAN_FAMILIES: &[&str] = &["Silva", "Santos", "Oliveira", "Souza", "Rodrigues", "Ferreira", "Pereira", "Lima", "Gomes", "Costa", "Ribeiro", "Martins", "Carvalho", "Almeida", "Lopes", "Soares", "Fernandes", "Vieira", "Barbosa", "Rocha", "Dias", "Nascimento", "Andrade", "Moreira", "Nunes", "Marques", "Machado", "Mendes", "Freitas", "Cardoso", "Ramos", "Gonçalves", "Santana", "Teixeira", "Araújo", "Melo", "Batista", "Cavalcanti", "Monteiro", "Moura"];
